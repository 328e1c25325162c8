const MEMORY_MS = 600_000;
const MAX_ADDRESSES = 256;

/**
 * Addresses of clients that say HELLO and are senders, or that left when they were offered something: an old sender may
 * fail at an offer, and one that says HELLO looks like a receiver until it offers itself. So the first time costs it its
 * connection at worst, and after that its offer is waited for.
 */
export class Suspects {
  readonly #seen = new Map<string, number>();

  add(address: string): void {
    this.#seen.delete(address);
    this.#seen.set(address, performance.now());
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MAX_ADDRESSES && oldest !== undefined) this.#seen.delete(oldest);
  }

  has(address: string): boolean {
    const at = this.#seen.get(address);
    return at !== undefined && performance.now() - at < MEMORY_MS;
  }
}
