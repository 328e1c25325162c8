import { Gst } from '../../gst/native.js';
import { SampleTap } from '../../gst/sample-tap.js';
import type { StreamPipeline } from '../encoding/stream-pipeline.js';

/** A stream is looked at soon after it begins, and again now and then: a camera may be set otherwise meanwhile. */
const FIRST_MS = 2_000;
const AGAIN_MS = 600_000;
/** Long enough for two groups of B-frames at 10 frames a second. */
const POLL_INTERVAL_MS = 1_500;
/** More than come in that time. */
const LIMITS = { maxBuffers: 300, maxBytes: 0 };

/**
 * Looks at what is sent, whether frames come in another order than they are shown: settings and caps may promise that
 * they do not, and a player that believes it shows them late or not at all.
 */
export class Inspection {
  readonly #stream: () => StreamPipeline | null;
  readonly #onFound: (reordered: boolean) => void;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** @param stream what is on air @param onFailure is told why it could not be looked at, which is tried again */
  constructor(
    stream: () => StreamPipeline | null,
    onFound: (reordered: boolean) => void,
    onFailure: (error: unknown) => void = error => process.stderr.write(`the stream cannot be inspected: ${error}\n`),
  ) {
    this.#stream = stream;
    this.#onFound = onFound;
    this.#onFailure = onFailure;
  }

  /** Another stream is on air. */
  begin(after = FIRST_MS): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#inspect().catch((error: unknown) => {
        this.#onFailure(error);
        if (!this.#isClosed) this.begin(AGAIN_MS);
      });
    }, after);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #inspect(): Promise<void> {
    const stream = this.#stream();
    if (!stream) return;
    const tap = new SampleTap(stream.video.branches, LIMITS);
    await new Promise(resolve => setTimeout(resolve, POLL_INTERVAL_MS));
    const isSame = !this.#isClosed && this.#stream() === stream;
    const times = isSame ? tap.take().samples.map(sample => sample.getBuffer().pts) : [];
    tap.close();
    if (!isSame) return;
    this.#onFound(isReordered(times));
    this.begin(AGAIN_MS);
  }
}

/**
 * Whether frames in the order of decoding are shown in another.
 * @param times ns, or CLOCK_TIME_NONE of a frame without a time, which says nothing of its place
 */
export function isReordered(times: readonly bigint[]): boolean {
  const known = times.filter(time => BigInt(time) !== BigInt(Gst.CLOCK_TIME_NONE));
  return known.some((time, i) => i > 0 && time < (known[i - 1] ?? 0n));
}
