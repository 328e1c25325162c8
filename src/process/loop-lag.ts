import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** A timer that is due each so many ms, and is late by as long as something holds the event loop up. */
const RESOLUTION_MS = 20;
/** Without somebody who asks nothing is watched: a timer wakes an idle process. */
const FORGET_MS = 120_000;

/** How long a process's event loop is held up. It is watched from the first question on, while questions come. */
export class LoopLag {
  readonly #forgetMs: number;
  #delays: IntervalHistogram | null = null;
  #forget: NodeJS.Timeout | null = null;

  constructor(forgetMs = FORGET_MS) {
    this.#forgetMs = forgetMs;
  }

  /** ms, the longest since the last call; null the first time, and when the last was long ago. */
  take(): number | null {
    if (this.#forget) clearTimeout(this.#forget);
    this.#forget = setTimeout(() => this.close(), this.#forgetMs).unref();
    if (!this.#delays) {
      this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#delays.enable();
      return null;
    }
    const { max, count } = this.#delays;
    this.#delays.reset();
    // Of the time from one turn of the timer to the next, what is more than was asked for.
    return count === 0 ? null : Math.max(0, max / 1e6 - RESOLUTION_MS);
  }

  close(): void {
    if (this.#forget) clearTimeout(this.#forget);
    this.#forget = null;
    this.#delays?.disable();
    this.#delays = null;
  }
}
