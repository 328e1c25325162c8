export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
  /** Number of values. */
  count: number;
}

/** Percentiles of the last values. */
export class SlidingPercentiles {
  readonly #size: number;
  readonly #values: number[] = [];
  /** Index of the next value to write. */
  #next = 0;

  /** @param size maximum number of values, at least 1 */
  constructor(size: number) {
    if (!Number.isInteger(size) || size < 1) throw new TypeError(`invalid window of ${size} values`);
    this.#size = size;
  }

  /** Ignores values that are not finite. */
  add(value: number): void {
    if (!Number.isFinite(value)) return;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** By nearest rank, so that each percentile is one of the values; null without values. */
  read(): Percentiles | null {
    const sorted = [...this.#values].sort((a, b) => a - b);
    const count = sorted.length;
    if (count === 0) return null;
    const rank = (percent: number): number => sorted[Math.max(0, Math.ceil((percent * count) / 100) - 1)] as number;
    return { p50: rank(50), p95: rank(95), p99: rank(99), count };
  }

  clear(): void {
    this.#values.length = 0;
    this.#next = 0;
  }
}
