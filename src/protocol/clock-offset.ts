/** One question for the time of another machine's clock, and its answer; all in ns. */
export interface ClockExchange {
  /** By the own clock. */
  sentNs: bigint;
  /** What the other clock showed at some moment between. */
  serverNs: bigint;
  /** By the own clock. */
  receivedNs: bigint;
}

export interface ClockOffset {
  /** What is to be added to a time of the own clock to have it on the other. */
  offsetNs: bigint;
  /** It is wrong by this at the most. */
  errorNs: bigint;
}

/** Exchanges that are kept. */
const KEPT = 16;
/** Two quartz clocks run apart by less than one part in so many: 100 ppm. */
const DRIFT = 10_000n;

/**
 * Estimates how far another machine's clock is ahead of the own, from exchanges with it.
 *
 * The other clock was read at some moment of the round trip; the estimate takes the middle, so that however unlike the two
 * ways are, it is wrong by half the round trip at the most. The exchange that bounds it best wins; as clocks run apart, an
 * exchange is worth less with each second that has passed since.
 */
export class ClockOffsetEstimate {
  #exchanges: readonly ClockExchange[] = [];

  /** Takes one more; one that cannot be (an answer before its question) is passed over. */
  add(exchange: ClockExchange): void {
    if (exchange.receivedNs < exchange.sentNs) return;
    this.#exchanges = [...this.#exchanges.slice(1 - KEPT), exchange];
  }

  /** @param nowNs by the own clock @returns null before the first exchange */
  at(nowNs: bigint): ClockOffset | null {
    let best: ClockOffset | null = null;
    // The latest of those that are equally good.
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
    // Rounded up, as it is a bound.
    errorNs: (receivedNs - sentNs + 1n) / 2n + (ageNs + DRIFT - 1n) / DRIFT,
  };
}
