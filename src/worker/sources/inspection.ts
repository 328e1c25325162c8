import { Gst } from '../../gst/native.js';
import { SampleTap } from '../../gst/sample-tap.js';
import type { StreamPipeline } from '../encoding/stream-pipeline.js';

/** A stream is inspected soon after it starts, and every 10 min after: the camera's settings may have changed. */
const FIRST_MS = 2_000;
const AGAIN_MS = 600_000;
/** Long enough for two groups of B-frames at 10 frames a second. */
const POLL_INTERVAL_MS = 1_500;
/** More than come in that time. */
const LIMITS = { maxBuffers: 300, maxBytes: 0 };

/**
 * Inspects the sent stream for B-frames, whose decoding order differs from the presentation order: settings and caps
 * may deny them, and a player that relies on that shows frames late or not at all.
 */
export class Inspection {
  readonly #stream: () => StreamPipeline | null;
  readonly #onFound: (reordered: boolean) => void;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** @param stream the current one @param onFailure gets the error of a failed inspection, which is retried */
  constructor(
    stream: () => StreamPipeline | null,
    onFound: (reordered: boolean) => void,
    onFailure: (error: unknown) => void = error => process.stderr.write(`the stream cannot be inspected: ${error}\n`),
  ) {
    this.#stream = stream;
    this.#onFound = onFound;
    this.#onFailure = onFailure;
  }

  /** The current stream has changed. */
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
 * Whether frames in decoding order have another presentation order.
 * @param times PTS in ns; CLOCK_TIME_NONE for a frame without one, which is ignored
 */
export function isReordered(times: readonly bigint[]): boolean {
  const known = times.filter(time => BigInt(time) !== BigInt(Gst.CLOCK_TIME_NONE));
  return known.some((time, i) => i > 0 && time < (known[i - 1] ?? 0n));
}
