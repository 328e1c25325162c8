const MEMORY_MS = 600_000;
const MAX_ADDRESSES = 256;
/** Offers in a row at which clients of an address disconnected. */
const MAX_LEFT_IN_A_ROW = 2;
/** For the offer of a client of an unknown address: a legacy sender opens its cameras first. */
const UNKNOWN_ADDRESS_MS = 500;
/** For the offer of a client of an address that has sent before, or whose clients disconnect at offers. */
const LIKELY_SENDER_MS = 2_000;

/**
 * How long to wait for an offer from a client that says HELLO, by what clients of its address did before. Most clients
 * that say HELLO are receivers; a sender that does so may fail at the offer that it gets. So an address that has
 * answered once does not wait, and a sender is recognised by its third connection at the latest.
 */
export class ClientHistory {
  readonly #left = new Map<string, { at: number; count: number }>();
  /** Without expiry, as a sender may run for days before it reconnects. */
  readonly #senders = new Map<string, true>();
  readonly #receivers = new Map<string, true>();

  /** A client of this address said HELLO and then offered. */
  offered(address: string): void {
    this.#left.delete(address);
    keep(this.#senders, address, true);
  }

  /** A client of this address disconnected when it got an offer. */
  left(address: string): void {
    keep(this.#left, address, { at: performance.now(), count: this.#count(address) + 1 });
  }

  /** A client of this address answered, as receivers do. */
  answered(address: string): void {
    this.#left.delete(address);
    keep(this.#receivers, address, true);
  }

  /** @param hasSender whether a sender of this address is connected: then another client of it is likely a receiver */
  helloTimeoutMs(address: string, hasSender: boolean): number {
    const isLikelySender = this.#senders.has(address) && !hasSender;
    if (this.#count(address) >= MAX_LEFT_IN_A_ROW || isLikelySender) return LIKELY_SENDER_MS;
    return this.#receivers.has(address) || hasSender ? 0 : UNKNOWN_ADDRESS_MS;
  }

  #count(address: string): number {
    const left = this.#left.get(address);
    return left && performance.now() - left.at < MEMORY_MS ? left.count : 0;
  }
}

/** Sets a key as the newest of a bounded map, which forgets its oldest. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_ADDRESSES && oldest !== undefined) map.delete(oldest);
}
