export interface KeyframeThrottleOptions {
  /** ms from one keyframe to the next. */
  spacingMs: number;
  /** Requests a second up to which each is met at once; with more they are spaced. Left out, they always are. */
  freePerSecond?: number;
}

/** Requests are counted over so many ms, or from one that comes later than that to the next. */
const WINDOW_MS = 1_000;

/**
 * Spaces the keyframes of one encoder. A keyframe is ten times as large as another frame and every viewer gets it; whoever
 * asks for one sees nothing until it comes. So the first request is met at once, and those that come before the next
 * keyframe is due are met by that one.
 *
 * Pure: `now` is ms of a clock that does not jump. Whoever owns it makes the keyframes.
 */
export class KeyframeThrottle {
  readonly #spacingMs: number;
  readonly #freePerSecond: number | null;
  #isStorm: boolean;
  #requests = 0;
  #windowSince = 0;
  #madeAt = Number.NEGATIVE_INFINITY;
  #isWaiting = false;

  constructor({ spacingMs, freePerSecond }: KeyframeThrottleOptions) {
    this.#spacingMs = spacingMs;
    this.#freePerSecond = freePerSecond ?? null;
    this.#isStorm = freePerSecond === undefined;
  }

  /** ms from one keyframe to the next, as things are; 0 meets every request. */
  get spacingMs(): number {
    return this.#isStorm ? this.#spacingMs : 0;
  }

  /** When the keyframe is due that was asked for and had to wait; null if none waits. */
  get dueAt(): number | null {
    return this.#isWaiting ? this.#madeAt + this.spacingMs : null;
  }

  /**
   * Somebody asks for a keyframe.
   * @param count requests that came together
   * @returns whether one is to be made now; if not, one is at `dueAt`
   */
  request(now: number, count = 1): boolean {
    this.note(now, count);
    this.#isWaiting = true;
    return this.due(now);
  }

  /** Whether a keyframe that had to wait is to be made now. */
  due(now: number): boolean {
    const { dueAt } = this;
    if (dueAt === null || now < dueAt) return false;
    this.#madeAt = now;
    this.#isWaiting = false;
    return true;
  }

  /** Requests were made that the encoder meets by itself: they count towards the spacing, and that is all. */
  note(now: number, count: number): void {
    if (this.#freePerSecond === null) return;
    this.#requests += count;
    const windowMs = now - this.#windowSince;
    if (windowMs < WINDOW_MS) return;
    this.#isStorm = this.#requests / (windowMs / 1000) > this.#freePerSecond;
    this.#requests = 0;
    this.#windowSince = now;
  }
}
