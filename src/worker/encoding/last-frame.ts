import { KeyframeThrottle } from '../../domain/keyframe-throttle.js';
import { Gst, type Sample } from '../../gst/native.js';
import { SampleTap } from '../../gst/sample-tap.js';
import { extendChain, type FrameFacts } from './frame-chain.js';
import type { StreamPipeline } from './stream-pipeline.js';

/** Of encoded frames: 10 s at 30 a second, and what 13 Mbit/s make of that. */
const LIMITS = { frames: 300, bytes: 16_000_000 };
/** Of both: a keyframe is asked for before the last one is too far back. */
const REFRESH = 0.6;
const KEYFRAME_SPACING_MS = 500;

const SAMPLE: FrameFacts<Sample> = {
  isKeyframe: sample => !sample.getBuffer().hasFlags(Gst.BufferFlags.DELTA_UNIT),
  bytesOf: sample => Number(sample.getBuffer().getSize()),
};

/**
 * Keeps the last frame of a stream that comes encoded, without a decoder that runs all the time: the encoded frames since
 * its newest keyframe. A publisher makes keyframes on request alone, so it is asked for one before too many frames have
 * come since; a stream that is passed through brings them by itself, or its last frame cannot be had for a while.
 */
export class LastFrame {
  readonly #stream: StreamPipeline;
  readonly #tap: SampleTap;
  readonly #throttle = new KeyframeThrottle({ spacingMs: KEYFRAME_SPACING_MS });
  #chain: readonly Sample[] = [];
  #keyframes: number;
  /** What had come when the newest keyframe was seen to have; null before there is one. */
  #atKeyframe: { buffers: number; bytes: number } | null = null;

  constructor(stream: StreamPipeline) {
    this.#stream = stream;
    this.#keyframes = stream.video.keyframes();
    this.#tap = new SampleTap(stream.video.branches, { maxBuffers: LIMITS.frames, maxBytes: LIMITS.bytes });
  }

  /** Encoded, from the newest keyframe to the newest frame; empty where they are not all kept. */
  take(): readonly Sample[] {
    this.#chain = extendChain(this.#chain, this.#tap.take(), SAMPLE, LIMITS);
    return this.#chain;
  }

  /** To be called some times a second: sees to it that `take` gives something. @param now ms */
  tend(now: number): void {
    const { video } = this.#stream;
    const [came, keyframes] = [video.came(), video.keyframes()];
    if (keyframes !== this.#keyframes) this.#atKeyframe = came;
    this.#keyframes = keyframes;
    if (came.buffers === 0) return;
    const since = this.#atKeyframe ?? { buffers: Number.NEGATIVE_INFINITY, bytes: 0 };
    const isFar =
      came.buffers - since.buffers > REFRESH * LIMITS.frames || came.bytes - since.bytes > REFRESH * LIMITS.bytes;
    if (isFar) this.requestKeyframe(now);
  }

  /** Asks whoever encodes for a keyframe, not too often. @param now ms */
  requestKeyframe(now: number): void {
    if (this.#throttle.request(now)) this.#stream.requestKeyframe();
  }

  close(): void {
    this.#chain = [];
    this.#tap.close();
  }
}
