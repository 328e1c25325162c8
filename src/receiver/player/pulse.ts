/**
 * When a camera's pictures came and when they were decoded, and what follows from it: time to decode, freezes. Pure; all
 * times in ns of one clock.
 */

/** What is kept of pictures that are not decoded yet, or whose mark is not read yet. */
const MAX_KEPT = 120;
/** A picture that stands for so long is a freeze, as W3C's webrtc-stats has it: three times the usual, or 150 ms more. */
const FREEZE_FACTOR = 3;
const FREEZE_MORE_NS = 150_000_000;
/** The usual time between pictures is the mean of so many. */
const USUAL_OF = 30;
/** And is known from so many on: to begin with pictures come as the connection lets them. */
const KNOWN_FROM = 10;

export interface PulseFigures {
  /** ms from the whole picture to the decoded one, the median since the last call; null where none was decoded. */
  decodeMs: number | null;
  /** Since the beginning, over all sessions: what a person saw stand still. */
  freezes: number;
  /** ms that pictures stood still in freezes, likewise. */
  frozenMs: number;
}

export class Pulse {
  readonly #arrivals = new Map<bigint, bigint>();
  /** Null where two pictures have the same time, as after a stall of the network: which one is meant is not known. */
  readonly #departures = new Map<bigint, bigint | null>();
  readonly #decodeNs: number[] = [];
  readonly #gaps: number[] = [];
  #last: bigint | null = null;
  #freezes = 0;
  #frozenNs = 0;

  /** @param pts of the picture, which tells it from others @param at when it had come whole */
  arrived(pts: bigint, at: bigint): void {
    keep(this.#arrivals, pts, at);
  }

  /** @param at when it was decoded */
  decoded(pts: bigint, at: bigint): void {
    const arrived = this.#arrivals.get(pts);
    this.#arrivals.delete(pts);
    if (arrived !== undefined) this.#decodeNs.push(Number(at - arrived));
    keep(this.#departures, pts, this.#departures.has(pts) ? null : at);
    if (this.#last !== null) this.#gap(Number(at - this.#last));
    this.#last = at;
  }

  /** When that picture was decoded; null if it is not known. */
  departureOf(pts: bigint): bigint | null {
    return this.#departures.get(pts) ?? null;
  }

  take(): PulseFigures {
    const decodeNs = this.#decodeNs.splice(0).sort((a, b) => a - b);
    const middle = decodeNs[Math.floor(decodeNs.length / 2)];
    return {
      decodeMs: middle === undefined ? null : round(middle / 1e6),
      freezes: this.#freezes,
      frozenMs: Math.round(this.#frozenNs / 1e6),
    };
  }

  // One picture a second is not told of (see describeClock): a gap of two pictures is below the threshold.
  #gap(ns: number): void {
    const usual = this.#gaps.reduce((sum, gap) => sum + gap, 0) / this.#gaps.length;
    const longest = Math.max(FREEZE_FACTOR * usual, usual + FREEZE_MORE_NS);
    const isFreeze = this.#gaps.length >= KNOWN_FROM && ns > longest;
    if (isFreeze) {
      this.#freezes++;
      this.#frozenNs += ns;
    }
    this.#gaps.push(isFreeze ? longest : ns);
    if (this.#gaps.length > USUAL_OF) this.#gaps.shift();
  }
}

function keep<T>(map: Map<bigint, T>, pts: bigint, at: T): void {
  map.set(pts, at);
  if (map.size <= MAX_KEPT) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
