import { KeptPictures } from './kept-pictures.js';
import type { StreamPipeline } from './stream-pipeline.js';

/** A stream is looked at soon after it begins, and again now and then: a camera may be set otherwise meanwhile. */
const FIRST_MS = 2_000;
const AGAIN_MS = 600_000;
/** Long enough for two groups of B-frames at 10 frames a second. */
const LOOK_MS = 1_500;

/**
 * Looks at what is sent, whether pictures come in another order than they are shown: settings and caps may promise that
 * they do not, and a player that believes it shows them late or not at all.
 */
export class Inspection {
  readonly #stream: () => StreamPipeline | null;
  readonly #onFound: (reordered: boolean) => void;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** @param stream what is on air */
  constructor(stream: () => StreamPipeline | null, onFound: (reordered: boolean) => void) {
    this.#stream = stream;
    this.#onFound = onFound;
  }

  /** Another stream is on air. */
  begin(after = FIRST_MS): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), after);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const stream = this.#stream();
    if (!stream) return;
    const kept = new KeptPictures(stream.video.taps);
    await new Promise(resolve => setTimeout(resolve, LOOK_MS));
    const isSame = !this.#isClosed && this.#stream() === stream;
    const times = isSame ? kept.takeAll().map(sample => sample.getBuffer().pts) : [];
    kept.close();
    if (!isSame) return;
    this.#onFound(isReordered(times));
    this.begin(AGAIN_MS);
  }
}

/** Whether pictures in the order of decoding are shown in another. @param times ns */
export function isReordered(times: readonly bigint[]): boolean {
  return times.some((time, i) => i > 0 && time < (times[i - 1] ?? 0n));
}
