import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** Interval of a timer that is late by as long as something blocks the event loop. */
const RESOLUTION_MS = 20;
/** Measuring stops without callers: a timer wakes an idle process. */
const FORGET_MS = 120_000;

/** Measures how long the event loop is blocked, from the first call on, as long as calls come. */
export class LoopLag {
  readonly #forgetMs: number;
  #delays: IntervalHistogram | null = null;
  #forget: NodeJS.Timeout | null = null;

  constructor(forgetMs = FORGET_MS) {
    this.#forgetMs = forgetMs;
  }

  /** The longest delay in ms since the last call; null at the first call, and after a long pause. */
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
    // The histogram has the time between two timer events: subtract the interval.
    return count === 0 ? null : Math.max(0, max / 1e6 - RESOLUTION_MS);
  }

  close(): void {
    if (this.#forget) clearTimeout(this.#forget);
    this.#forget = null;
    this.#delays?.disable();
    this.#delays = null;
  }
}
