import { type ClockExchange, type ClockOffset, ClockOffsetEstimate } from './clock-offset.js';
import { type Percentiles, SlidingPercentiles } from './percentiles.js';

/** How old pictures are when they are decoded: ms, by the sender's clock. */
export interface CaptureLatency extends Percentiles {
  /** Each of them is wrong by so many ms at the most. */
  errorMs: number;
}

/** Pictures: a minute and a half, at a few a second. */
const WINDOW = 300;
const NS_PER_MS = 1e6;
/** Of the mark's own, whose time is in ms. */
const MARK_ERROR_NS = 500_000n;

/** Makes latencies of time marks: the clocks of both machines compared, and each picture counted once. */
export class CaptureLatencyMeter {
  readonly #clock: ClockOffsetEstimate;
  readonly #values: SlidingPercentiles;
  #offset: ClockOffset | null = null;
  #last: bigint | null = null;

  /**
   * @param clock of the sender, where several meters share it
   * @param size values that are kept
   */
  constructor({
    clock = new ClockOffsetEstimate(),
    size = WINDOW,
  }: { clock?: ClockOffsetEstimate; size?: number } = {}) {
    this.#clock = clock;
    this.#values = new SlidingPercentiles(size);
  }

  /** An exchange with `/api/v1/clock`, by the clock of `add`'s times. */
  exchanged(exchange: ClockExchange): void {
    this.#clock.add(exchange);
  }

  /**
   * A picture was decoded. A picture that is shown again, as the slate of a lost camera shows its last one, says nothing
   * about the way, and is passed over; so is what comes before the clocks are compared.
   * @param markNs from readTimeMark
   * @param decodedNs by the own clock
   */
  add(markNs: bigint, decodedNs: bigint): void {
    if (this.#last !== null && markNs === this.#last) return;
    const offset = this.#clock.at(decodedNs);
    if (offset === null) return;
    this.#last = markNs;
    this.#offset = offset;
    this.#values.add(Number(decodedNs + offset.offsetNs - markNs) / NS_PER_MS);
  }

  /** Null before the first. */
  read(): CaptureLatency | null {
    const values = this.#values.read();
    if (values === null || this.#offset === null) return null;
    return { ...values, errorMs: Number(this.#offset.errorNs + MARK_ERROR_NS) / NS_PER_MS };
  }

  /** Forgets the pictures, as of a session that has ended; not what is known of the clocks. */
  clear(): void {
    this.#values.clear();
    this.#last = null;
  }
}
