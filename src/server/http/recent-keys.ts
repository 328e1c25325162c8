export interface RecentKeysOptions {
  /** Keys that are remembered; past these the one that was added longest ago is forgotten. */
  max: number;
  /** ms after which a key is forgotten. */
  forMs: number;
  /** ms, by a clock that does not jump. */
  now?: () => number;
}

/** What happened lately, by keys: a few of them, and none for ever. */
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
    // To the end of the order, whose beginning is forgotten first.
    this.#at.delete(key);
    this.#at.set(key, this.#now());
    forgetOldest(this.#at, this.#max);
  }

  has(key: string): boolean {
    const at = this.#at.get(key);
    return at !== undefined && this.#now() - at < this.#forMs;
  }
}

/** Keeps a map from growing: its first entry is the one that was put in longest ago. */
export function forgetOldest(map: Map<string, unknown>, max: number): void {
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}
