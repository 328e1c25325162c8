import type { Element } from '../../gst/native.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import type { OpenOutput } from './camera-media.js';

/** A viewer's subscription to the camera. */
export interface Subscription {
  /** ns; see StreamPipeline. */
  baseTime: bigint;
  /** ms since the last frame. */
  idleMs(): number;
  /** Whether viewers' keyframe requests reach the encoder without help, as upstream events. */
  forwardsKeyframeRequests(): boolean;
  /** Resolves when there is a frame to send; rejects with a CameraFailure. */
  ready: Promise<void>;
  /** Attaches the viewer's proxysinks, for video and optionally audio; the first frame that they get is a keyframe. */
  attach(sinks: readonly Element[]): void;
  detach(sinks: readonly Element[]): void;
}

/** @throws CameraFailure if the camera is not sent in that codec */
export function subscriptionAt({ output, baseTime, live }: OpenOutput, codec: VideoCodecName): Subscription {
  const { channel, ready } = output.channel(codec);
  return {
    baseTime,
    ready: Promise.all([live.promise, ready]).then(() => undefined),
    idleMs: () => channel()?.current.stream.idleMs() ?? Number.POSITIVE_INFINITY,
    forwardsKeyframeRequests: () => channel()?.current.stream.forwardsKeyframeRequests ?? true,
    attach: sinks => channel()?.attach(sinks),
    detach: sinks => channel()?.detach(sinks),
  };
}
