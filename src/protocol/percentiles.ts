export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
  /** How many values they are of. */
  count: number;
}

/** The last values, so many at the most, and what share of them is below what. */
export class SlidingPercentiles {
  readonly #size: number;
  readonly #values: number[] = [];
  /** Where the next is written, once it is full. */
  #next = 0;

  /** @param size values that are kept, at least 1 */
  constructor(size: number) {
    if (!Number.isInteger(size) || size < 1) throw new TypeError(`a window cannot hold ${size} values`);
    this.#size = size;
  }

  /** One that is no finite number is passed over. */
  add(value: number): void {
    if (!Number.isFinite(value)) return;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** By nearest rank, so that each is a value that was there; null while there is none. */
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
