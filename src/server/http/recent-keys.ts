export interface RecentKeysOptions {
  /** Maximum number of keys; beyond it the oldest is dropped. */
  max: number;
  /** ms after which a key expires. */
  forMs: number;
  /** ms of a monotonic clock. */
  now?: () => number;
}

/** A set of keys, limited in number, in which each expires. */
export class RecentKeys {
  readonly #max: number;
  readonly #forMs: number;
  readonly #now: () => number;
  readonly #at = new Map<string, number>();

  constructor({ max, forMs, now = () => performance.now() }: RecentKeysOptions) {
    this.#max = max;
    this.#forMs = forMs;
    this.#now = now;
  }

  add(key: string): void {
    // Moves the key to the end: the first is dropped first.
    this.#at.delete(key);
    this.#at.set(key, this.#now());
    dropOldest(this.#at, this.#max);
  }

  has(key: string): boolean {
    const at = this.#at.get(key);
    return at !== undefined && this.#now() - at < this.#forMs;
  }
}

/** Limits the size of a map: its first entry is the oldest. */
export function dropOldest(map: Map<string, unknown>, max: number): void {
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}
