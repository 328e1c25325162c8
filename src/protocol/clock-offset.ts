/** One request for the time of another machine's clock, and its reply; all in ns. */
export interface ClockExchange {
  /** By the local clock. */
  sentNs: bigint;
  /** The remote clock at some moment in between. */
  serverNs: bigint;
  /** By the local clock. */
  receivedNs: bigint;
}

export interface ClockOffset {
  /** Add it to a local time to get the remote time. */
  offsetNs: bigint;
  /** Maximum error of the offset. */
  errorNs: bigint;
}

/** Number of exchanges kept. */
const KEPT = 16;
/** Two quartz clocks drift by less than one part in so many: 100 ppm. */
const DRIFT = 10_000n;

/**
 * Estimates how far another machine's clock is ahead of the local one, from exchanges with it.
 *
 * The remote clock was read at some moment of the round trip; the estimate takes the middle, so that the error is at
 * most half the round trip, however asymmetric the two paths are. The exchange with the smallest error wins; as clocks
 * drift, the error of an exchange grows with its age.
 */
export class ClockOffsetEstimate {
  #exchanges: readonly ClockExchange[] = [];

  /** Adds an exchange; an impossible one (reply before request) is ignored. */
  add(exchange: ClockExchange): void {
    if (exchange.receivedNs < exchange.sentNs) return;
    this.#exchanges = [...this.#exchanges.slice(1 - KEPT), exchange];
  }

  /** @param nowNs by the local clock @returns null before the first exchange */
  at(nowNs: bigint): ClockOffset | null {
    let best: ClockOffset | null = null;
    // Among equally good ones the latest.
    for (const exchange of this.#exchanges) {
      const offset = offsetBy(exchange, nowNs);
      if (best === null || offset.errorNs <= best.errorNs) best = offset;
    }
    return best;
  }
}

function offsetBy({ sentNs, serverNs, receivedNs }: ClockExchange, nowNs: bigint): ClockOffset {
  const ageNs = nowNs > sentNs ? nowNs - sentNs : 0n;
  return {
    offsetNs: serverNs - (sentNs + receivedNs) / 2n,
    // Rounded up, as it is an upper bound.
    errorNs: (receivedNs - sentNs + 1n) / 2n + (ageNs + DRIFT - 1n) / DRIFT,
  };
}
