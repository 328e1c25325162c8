export interface KeyframeThrottleOptions {
  /** ms between keyframes. */
  spacingMs: number;
  /** Requests per second up to which each is met at once; above, they are spaced. If omitted, they always are. */
  freePerSecond?: number;
}

/** Requests are counted over at least this many ms. */
const WINDOW_MS = 1_000;

/**
 * Spaces the keyframes of one encoder. A keyframe is ten times as large as another frame and is sent to every viewer; a
 * viewer that requests one sees nothing until it arrives. So the first request is met at once, and those that arrive
 * before the next keyframe is due are met by that one.
 *
 * Pure: `now` is ms of a clock that does not jump. Its owner makes the keyframes.
 */
export class KeyframeThrottle {
  readonly #spacingMs: number;
  readonly #freePerSecond: number | null;
  #isStorm: boolean;
  #requests = 0;
  #windowSince = 0;
  #madeAt = Number.NEGATIVE_INFINITY;
  #isPending = false;

  constructor({ spacingMs, freePerSecond }: KeyframeThrottleOptions) {
    this.#spacingMs = spacingMs;
    this.#freePerSecond = freePerSecond ?? null;
    this.#isStorm = freePerSecond === undefined;
  }

  /** ms between keyframes at present; 0 meets every request. */
  get spacingMs(): number {
    return this.#isStorm ? this.#spacingMs : 0;
  }

  /** When the pending keyframe is due; null if none is pending. */
  get dueAt(): number | null {
    return this.#isPending ? this.#madeAt + this.spacingMs : null;
  }

  /**
   * A keyframe is requested.
   * @param count requests that arrived together
   * @returns whether to make one now; if not, one is due at `dueAt`
   */
  request(now: number, count = 1): boolean {
    this.note(now, count);
    this.#isPending = true;
    return this.due(now);
  }

  /** Whether to make the pending keyframe now. */
  due(now: number): boolean {
    const { dueAt } = this;
    if (dueAt === null || now < dueAt) return false;
    this.#madeAt = now;
    this.#isPending = false;
    return true;
  }

  /** Counts requests that the encoder meets by itself: they affect the spacing only. */
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
