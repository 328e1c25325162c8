/** The figures of a player and its camera as labels and values. Pure. */
import type { CaptureLatency } from '../../protocol/capture-latency.js';
import type { PlayerFigures } from '../player/player-stats.js';
import type { Camera } from '../shared/api.js';
import { formatAge, formatBitrate, formatFps, formatMs, formatPercent, formatSize } from '../shared/formatting.js';

export interface Figure {
  key: string;
  /** Short, in front of the value in the compact line; empty if the unit suffices. */
  label: string;
  /** If empty, the figure is hidden. */
  value: string;
  /** Bad enough to be highlighted. */
  warn: boolean;
  /** The full name. */
  title: string;
}

export interface FigureGroup {
  title: string;
  rows: readonly (readonly [label: string, value: string])[];
}

/** From these values on, an operator feels it at the controls. */
const LOSS_WARN_PERCENT = 2;
const ROUND_TRIP_WARN_MS = 150;
const BUFFER_WARN_MS = 100;
const AGE_WARN_MS = 250;
/** Share of the camera's own frame rate. */
const FPS_WARN = 0.75;

const none: PlayerFigures = {
  framesDecoded: 0,
  framesDropped: 0,
  freezes: 0,
  packetsLost: 0,
  keyFrames: 0,
  nacks: 0,
  keyframeRequests: 0,
};

export function compactFigures(figures: PlayerFigures | undefined, knownFps: number | undefined): readonly Figure[] {
  const { width, height, fps, bitrate, lossPercent, roundTripMs, jitterBufferMs, capture } = figures ?? none;
  const over = (value: number | undefined, limit: number): boolean => value !== undefined && value >= limit;
  const slow = fps !== undefined && knownFps !== undefined && fps < FPS_WARN * knownFps;
  return [
    { key: 'size', label: '', value: formatSize(width, height), warn: false, title: 'Resolution' },
    { key: 'fps', label: '', value: formatFps(fps), warn: slow, title: 'Frames per second' },
    { key: 'bitrate', label: '', value: formatBitrate(bitrate), warn: false, title: 'Bitrate' },
    {
      key: 'loss',
      label: 'loss',
      value: formatPercent(lossPercent),
      warn: over(lossPercent, LOSS_WARN_PERCENT),
      title: 'Packets lost',
    },
    {
      key: 'rtt',
      label: 'rtt',
      value: formatMs(roundTripMs),
      warn: over(roundTripMs, ROUND_TRIP_WARN_MS),
      title: 'Round trip',
    },
    {
      key: 'buffer',
      label: 'buf',
      value: formatMs(jitterBufferMs),
      warn: over(jitterBufferMs, BUFFER_WARN_MS),
      title: 'Jitter buffer',
    },
    {
      key: 'age',
      label: 'age',
      value: capture === undefined ? '' : ageWords(capture),
      warn: over(capture?.p50, AGE_WARN_MS),
      title: 'From capture to decoded frame, by its time mark (p50)',
    },
  ];
}

/** From the robot's network card to the decoded frame; without capture and encoding. */
function transitMs(figures: PlayerFigures): number | undefined {
  const { roundTripMs, jitterBufferMs, decodeMs } = figures;
  if (roundTripMs === undefined || jitterBufferMs === undefined) return undefined;
  return roundTripMs / 2 + jitterBufferMs + (decodeMs ?? 0);
}

export function playerGroups(current: PlayerFigures | undefined): readonly FigureGroup[] {
  const figures = current ?? none;
  const total = (count: number): string => (current === undefined ? '–' : String(count));
  return [
    {
      title: 'Video',
      rows: [
        ['Resolution', formatSize(figures.width, figures.height)],
        ['Frame rate', formatFps(figures.fps)],
        ['Bitrate', formatBitrate(figures.bitrate)],
        ['Codec', figures.codec ?? '–'],
        ...(figures.decoder === undefined ? [] : ([['Decoder', figures.decoder]] as const)),
      ],
    },
    {
      title: 'Network',
      rows: [
        ['Packet loss', formatPercent(figures.lossPercent)],
        ['Round trip', formatMs(figures.roundTripMs)],
        ['Jitter', formatMs(figures.jitterMs)],
        ['Jitter buffer', formatMs(figures.jitterBufferMs)],
        ['Decoding', formatMs(figures.decodeMs)],
        ['One-way delay (est.)', formatMs(transitMs(figures))],
        ['Path', figures.path ?? '–'],
      ],
    },
    ...(figures.capture === undefined ? [] : [captureGroup(figures.capture)]),
    {
      title: 'Since connecting',
      rows: [
        ['Frames', total(figures.framesDecoded)],
        ['Frames dropped', total(figures.framesDropped)],
        ['Freezes', total(figures.freezes)],
        ['Packets lost', total(figures.packetsLost)],
        ['NACKs', total(figures.nacks)],
        ['Keyframe requests', total(figures.keyframeRequests)],
      ],
    },
  ];
}

/** In whole ms, the bound rounded up. */
const ageWords = ({ p50, errorMs }: CaptureLatency): string =>
  `${Math.round(p50)} ±${Math.ceil(errorMs)} ms`.replaceAll(' ', '\u00a0');

/** From the time mark in the frames, not a sum of the stages. */
const captureGroup = ({ p50, p95, p99, count, errorMs }: CaptureLatency): FigureGroup => ({
  title: 'Capture to decoded frame',
  rows: [
    ['p50', formatMs(p50)],
    ['p95', formatMs(p95)],
    ['p99', formatMs(p99)],
    ['Uncertainty', `±${formatMs(errorMs)}`],
    ['Frames read', String(count)],
  ],
});

const captureWords = ({ format, width, height, framerate }: NonNullable<Camera['capture']>): string =>
  `${format} ${formatSize(width, height)}, ${formatFps(framerate)}`;

/**
 * @param outdated whether the server has stopped answering since
 * @param ageMs since the camera's newest frame; undefined if unknown
 */
export function cameraGroup(camera: Camera, outdated = false, ageMs?: number): FigureGroup {
  const { video } = camera;
  const encoder = camera.passthrough.active ? 'none (passthrough)' : (camera.encoder ?? '–');
  return {
    title: outdated ? 'Camera, last known' : 'Camera',
    rows: [
      ['State', outdated ? `unknown; was ${camera.state}` : camera.state],
      ...(ageMs === undefined ? [] : ([['Newest frame', `${formatAge(ageMs)} ago`]] as const)),
      ...(camera.problem === undefined ? [] : ([['Problem', camera.problem.detail]] as const)),
      ...(camera.problem?.remedy === undefined ? [] : ([['Remedy', camera.problem.remedy]] as const)),
      ...camera.notices.flatMap(({ detail, remedy }) => [
        ['Notice', detail] as const,
        ...(remedy === undefined ? [] : [['Remedy', remedy] as const]),
      ]),
      ...(camera.device === null ? [] : ([['Device', camera.device]] as const)),
      ...(camera.capture === null ? [] : ([['Captures', captureWords(camera.capture)]] as const)),
      ['Encoder', encoder],
      [
        'Encodes',
        video === null
          ? '–'
          : `${formatSize(video.width ?? undefined, video.height ?? undefined)}, ${formatFps(camera.fps)}`,
      ],
      ['Sends', formatBitrate(camera.bitrate)],
      ['Passthrough', camera.passthrough.reason],
      ['Viewers', String(camera.viewers)],
      ['Restarts', String(camera.restarts)],
      ['Source', camera.source],
    ],
  };
}
