const MEMORY_MS = 600_000;
const MAX_ADDRESSES = 256;
/** Offers in a row at which clients of an address left. */
const MAX_LEFT_IN_A_ROW = 2;
/** For the offer of a client of an address that nothing is known of: an old sender opens its cameras first. */
const STRANGER_MS = 500;
/** For that of one which has been a sender, or fails at offers. */
const SUSPICION_MS = 2_000;

/**
 * How long the offer of a client that says HELLO is waited for, by what clients of its address did before. Most who say
 * HELLO are receivers; a sender that does so too may fail at the offer that it gets. So whoever has answered once waits
 * for nothing, and a sender is recognised the second or third time at the latest.
 */
export class ClientHistory {
  readonly #left = new Map<string, { at: number; count: number }>();
  /** For good, as a sender may run for days before it comes again. */
  readonly #senders = new Map<string, true>();
  readonly #receivers = new Map<string, true>();

  /** A client of this address said HELLO and then offered. */
  offered(address: string): void {
    this.#left.delete(address);
    keep(this.#senders, address, true);
  }

  /** A client of this address left when it was offered something. */
  left(address: string): void {
    keep(this.#left, address, { at: performance.now(), count: this.#count(address) + 1 });
  }

  /** A client of this address answered, as receivers do. */
  answered(address: string): void {
    this.#left.delete(address);
    keep(this.#receivers, address, true);
  }

  /**
   * In ms.
   * @param isHere whether there is a sender of this address: then another client of it is likely something else
   */
  helloTimeoutMs(address: string, isHere: boolean): number {
    if (this.#count(address) >= MAX_LEFT_IN_A_ROW || (this.#senders.has(address) && !isHere)) return SUSPICION_MS;
    return this.#receivers.has(address) || isHere ? 0 : STRANGER_MS;
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
