import type { Source } from '../../domain/source.js';
import type { MachineFacts } from '../../gst/machine.js';
import type { CodecName } from '../../protocol/codecs.js';
import { CODEC_ELEMENTS, describeDepayloader } from './codec-elements.js';
import type { EncoderSettings } from './encoders.js';
import { toSystemMemory } from './raw-video.js';

/**
 * How long a publisher's packet may be waited for that was lost and is sent anew. What comes in order is not held back
 * by it.
 */
const PUBLISHER_LATENCY_MS = 200;

/** Holds the last picture, raw; it costs nothing but the reference. */
const LAST_FRAME = 'fakesink name=last sync=false async=false enable-last-sample=true';

export interface CameraFormat {
  /** Pixels. */
  width: number;
  height: number;
  /** Frames a second. */
  framerate: number;
}

/**
 * The launch line from raw pictures to the fan. What brings the pictures is linked to `in` by its owner; `rate` leaves out
 * what is more than wanted, and its max-rate may be changed while it plays. A second encoder takes its pictures from the
 * tee `raw`; `last` keeps the last picture.
 * @param encoder from describeEncoder
 * @param framerate null for as many as come
 */
export function describeEncoding(encoder: string, framerate: number | null): string {
  const input = [
    'funnel name=in',
    describeThinning('rate', framerate),
    'tee name=raw allow-not-linked=true',
    LAST_FRAME,
  ];
  const output = ['raw.', encoder, ...CODEC_ELEMENTS.H264.parser, describeFanout('video')];
  // A tee serves who was linked first: `last` has a picture when the encoder begins with it (see measureStream).
  return `${input.join(' ! ')}  ${output.join(' ! ')}`;
}

/** Leaves out what is more than so many frames a second; `skip-to-first`: none is missing before the first. */
export const describeThinning = (name: string, framerate: number | null): string =>
  `videorate name=${name} drop-only=true skip-to-first=true${framerate === null ? '' : ` max-rate=${framerate}`}`;

/** What a publisher sends; `webrtc` is its webrtcbin, whose pads have the numbers of the offer's sections. */
export function describePublication(video: CodecName, hasAudio: boolean): string {
  return [
    `webrtcbin name=webrtc bundle-policy=max-bundle latency=${PUBLISHER_LATENCY_MS}`,
    `webrtc.src_0 ! ${describeDepayloader(video)} ! ${describeFanout('video')}`,
    ...(hasAudio ? [`webrtc.src_1 ! ${describeDepayloader('OPUS')} ! ${describeFanout('audio')}`] : []),
  ].join('  ');
}

/** What a peer sends who has several cameras; their fans are `video0`, `video1`, … */
export function describeMultiCameraPublication(cameras: number): string {
  return [
    `webrtcbin name=webrtc bundle-policy=max-bundle latency=${PUBLISHER_LATENCY_MS}`,
    ...Array.from(
      { length: cameras },
      (_, index) =>
        `webrtc.src_${index} ! ${describeDepayloader('H264', `parse${index}`)} ! ${describeFanout(`video${index}`)}`,
    ),
  ].join('  ');
}

/**
 * A second encoder of a camera, behind a proxysrc: one that is too slow loses pictures, and holds up nothing.
 * @param decode whether it gets the camera's encoded stream rather than raw pictures
 */
export function describeVp8(
  { bitrate, keyframeInterval }: EncoderSettings,
  decode: boolean,
  machine: MachineFacts,
): string {
  const line = [
    'proxysrc name=in',
    ...(decode ? ['decodebin'] : []),
    'queue leaky=downstream max-size-buffers=2 max-size-bytes=0 max-size-time=0',
    toSystemMemory(machine, 'I420'),
    'tee name=decoded',
    // Bit/s; ms of buffer as for the H.264 encoders.
    `vp8enc name=encoder deadline=1 cpu-used=8 lag-in-frames=0 end-usage=cbr target-bitrate=${bitrate} ` +
      `keyframe-max-dist=${keyframeInterval} buffer-size=200 buffer-initial-size=100 buffer-optimal-size=120 ` +
      'error-resilient=default threads=2',
    describeFanout('video'),
  ].join(' ! ');
  return decode ? `${line}  decoded. ! ${LAST_FRAME}` : line;
}

/**
 * The end of a stream, where viewers take it (see Fan).
 *
 *     … ! identity "encoded" ! funnel "gate" ! tee "tap" ! queue ! identity "sent" ! tee "fan" ! viewers
 *
 * `encoded` counts pictures, and turns their times into running times: of streams that take each other's place (x264enc's
 * times begin at 1000 hours), what a viewer's payloader has left of one would else be waited for without end. `gate` does
 * not let the end of the stream through, see Fan. Consumers that are no viewers tap in before the queue, behind which one
 * thread serves all viewers. What stays in the queue shows that the thread is stuck.
 */
export function describeFanout(name: string): string {
  return [
    `identity name=${name}-encoded silent=true single-segment=true`,
    `funnel name=${name}-gate`,
    `tee name=${name}-tap allow-not-linked=true`,
    `queue name=${name}-queue leaky=downstream max-size-buffers=30 max-size-bytes=0 max-size-time=0`,
    `identity name=${name}-sent silent=true`,
    `tee name=${name}-fan allow-not-linked=true`,
  ].join(' ! ');
}

/**
 * The property of the element `source` that takes what the user named; null for a source without.
 * @param device of a V4L2 camera that is named by its serial number or bus: where it is now
 */
export function sourceProperty(source: Source, device: string | null = null): [name: string, value: string] | null {
  switch (source.type) {
    case 'test':
    case 'whip':
    case 'forwarded':
    case 'argus':
    case 'gst':
      return null;
    case 'libcamera':
      return source.camera === null ? null : ['camera-name', source.camera];
    case 'v4l2':
      return ['device', device ?? source.name];
    case 'file':
      return ['location', source.path];
    case 'rtsp':
      return ['location', source.url];
  }
}
