import type { CameraStatus } from '../../domain/camera-plan.js';
import type { FromWorkerOf, Notice, Passthrough } from '../../messages/camera-worker.js';
import type { Output } from '../encoding/output.js';
import { VP8_ENCODER } from '../encoding/rendition.js';
import type { Opened } from '../sources/opening.js';
import type { CameraState } from './camera-state.js';

export interface CameraView {
  state: CameraState;
  /** Null while the camera is closed. */
  output: Output | null;
  opened: Opened | null;
  passthrough: Passthrough;
  vp8Viewers: number;
  hasBFrames: boolean;
  /** ms of CLOCK_MONOTONIC; null before the first frame. */
  newestAt: number | null;
}

/** The report of a camera to the control plane. `fps` and `bitrate` are since the previous report. */
export function describeCamera(view: CameraView): FromWorkerOf<'camera'> {
  const { state, output, opened, passthrough, vp8Viewers, newestAt } = view;
  const { phase, problem } = state;
  const isLost = phase === 'lost' || phase === 'awaitingPublisher';
  const stream = phase === 'opening' ? null : output?.stream;
  return {
    type: 'camera',
    state: nameOf(state),
    detail: problem?.message ?? null,
    remedy: problem?.remedy ?? null,
    notices: noticesOf(view),
    lostMs: isLost ? performance.now() - state.lastFrameAt : null,
    capture: opened?.mode ?? null,
    encoder: output?.encoder ?? null,
    passthrough,
    video: stream?.facts() ?? null,
    audio: stream?.audio ? { codec: 'OPUS' } : null,
    renditions: output?.hasVp8 ? [{ codec: 'VP8', encoder: VP8_ENCODER, viewers: vp8Viewers }] : [],
    publisher: state.publisher?.session ?? null,
    newestAt,
    ...(stream?.video.rates() ?? { fps: 0, bitrate: 0 }),
  };
}

function nameOf({ phase, problem, settings }: CameraState): CameraStatus['state'] {
  if (phase === 'awaitingPublisher') return 'lost';
  if (phase !== 'closed') return phase;
  if (settings.source.type === 'whip') return 'waiting';
  if (problem) return 'failed';
  return settings.isPresent ? 'idle' : 'lost';
}

function noticesOf({ opened, hasBFrames }: CameraView): Notice[] {
  const notices: Notice[] = [];
  if (opened?.instead)
    notices.push({
      code: 'nearest-mode',
      detail: `${opened.instead}.`,
      remedy: '"bigfootbot-video devices" lists the modes of the camera.',
    });
  if (hasBFrames)
    notices.push({
      code: 'b-frames',
      detail: 'The stream has B-frames, which delay it.',
      remedy: 'Turn off B-frames in the camera, or set passthrough to "never".',
    });
  return notices;
}
