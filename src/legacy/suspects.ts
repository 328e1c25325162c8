const MEMORY_MS = 600_000;
const MAX_ADDRESSES = 256;
/** Offers in a row at which clients of an address left. */
const ENOUGH = 2;

/**
 * Addresses of clients that say HELLO and are senders all the same. One that says HELLO looks like a receiver until it
 * offers itself, and may fail at the offer that it gets: so the first times cost it its connection at worst, and after
 * that its own offer is waited for.
 */
export class Suspects {
  readonly #left = new Map<string, { at: number; count: number }>();
  /** Of senders that said HELLO: for good, as one may run for days before it comes again. */
  readonly #senders = new Map<string, number>();

  /** A client of this address said HELLO and then offered. */
  offered(address: string): void {
    this.#left.delete(address);
    keep(this.#senders, address, performance.now());
  }

  /** A client of this address left when it was offered something. */
  left(address: string): void {
    keep(this.#left, address, { at: performance.now(), count: this.#count(address) + 1 });
  }

  /** A client of this address answered, as receivers do. */
  answered(address: string): void {
    this.#left.delete(address);
  }

  /** @param isHere whether there is a sender of this address: then another client is likely something else */
  has(address: string, isHere: boolean): boolean {
    return this.#count(address) >= ENOUGH || (this.#senders.has(address) && !isHere);
  }

  #count(address: string): number {
    const left = this.#left.get(address);
    return left && performance.now() - left.at < MEMORY_MS ? left.count : 0;
  }
}

/** Puts something to the end of a map that is bounded, whose beginning is forgotten. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_ADDRESSES && oldest !== undefined) map.delete(oldest);
}
