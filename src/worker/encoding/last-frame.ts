import { KeyframeThrottle } from '../../domain/keyframe-throttle.js';
import { Gst, type Sample } from '../../gst/native.js';
import { SampleTap } from '../../gst/sample-tap.js';
import { extendChain, type FrameFacts } from './frame-chain.js';
import type { StreamPipeline } from './stream-pipeline.js';

/** Encoded frames: 10 s at 30 per second, and their bytes at 13 Mbit/s. */
const LIMITS = { frames: 300, bytes: 16_000_000 };
/** Of both limits: from there on a keyframe is requested, before the last one is out of reach. */
const REFRESH = 0.6;
const KEYFRAME_SPACING_MS = 500;

const SAMPLE: FrameFacts<Sample> = {
  isKeyframe: sample => !sample.getBuffer().hasFlags(Gst.BufferFlags.DELTA_UNIT),
  bytesOf: sample => Number(sample.getBuffer().getSize()),
};

/**
 * Keeps the last frame of an encoded stream without a permanent decoder: the encoded frames since its newest keyframe.
 * A publisher makes keyframes on request only, so one is requested before too many frames have followed the last; a
 * source that is passed through has its own, or its last frame is unavailable for a while.
 */
export class LastFrame {
  readonly #stream: StreamPipeline;
  readonly #tap: SampleTap;
  readonly #throttle = new KeyframeThrottle({ spacingMs: KEYFRAME_SPACING_MS });
  #chain: readonly Sample[] = [];
  #keyframes: number;
  /** The totals when a poll saw the newest keyframe; null before the first. */
  #atKeyframe: { buffers: number; bytes: number } | null = null;

  constructor(stream: StreamPipeline) {
    this.#stream = stream;
    this.#keyframes = stream.video.keyframes();
    this.#tap = new SampleTap(stream.video.branches, { maxBuffers: LIMITS.frames, maxBytes: LIMITS.bytes });
  }

  /** The encoded frames from the newest keyframe to the newest frame; empty if some are missing. */
  take(): readonly Sample[] {
    this.#chain = extendChain(this.#chain, this.#tap.take(), SAMPLE, LIMITS);
    return this.#chain;
  }

  /** Requests keyframes so that `take` has frames; to be called several times per second. @param now ms */
  refresh(now: number): void {
    const { video } = this.#stream;
    const [received, keyframes] = [video.received(), video.keyframes()];
    if (keyframes !== this.#keyframes) this.#atKeyframe = received;
    this.#keyframes = keyframes;
    if (received.buffers === 0) return;
    const since = this.#atKeyframe ?? { buffers: Number.NEGATIVE_INFINITY, bytes: 0 };
    const isFar =
      received.buffers - since.buffers > REFRESH * LIMITS.frames ||
      received.bytes - since.bytes > REFRESH * LIMITS.bytes;
    if (isFar) this.requestKeyframe(now);
  }

  /** Requests a keyframe, at most one per KEYFRAME_SPACING_MS. @param now ms */
  requestKeyframe(now: number): void {
    if (this.#throttle.request(now)) this.#stream.requestKeyframe();
  }

  close(): void {
    this.#chain = [];
    this.#tap.close();
  }
}
