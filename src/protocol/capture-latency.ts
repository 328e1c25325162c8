import { type ClockExchange, type ClockOffset, ClockOffsetEstimate } from './clock-offset.js';
import { type Percentiles, SlidingPercentiles } from './percentiles.js';

/** Age of frames when they are decoded: ms, by the sender's clock. */
export interface CaptureLatency extends Percentiles {
  /** Maximum error of each of them, in ms. */
  errorMs: number;
}

/** Frames: a minute and a half, at a few per second. */
const WINDOW = 300;
const NS_PER_MS = 1e6;
/** Error of the mark itself, whose resolution is 1 ms. */
const MARK_ERROR_NS = 500_000n;

/** Turns time marks into latencies: compares the clocks of both machines, and counts each frame once. */
export class CaptureLatencyMeter {
  readonly #clock: ClockOffsetEstimate;
  readonly #values: SlidingPercentiles;
  #offset: ClockOffset | null = null;
  #last: bigint | null = null;

  /**
   * @param clock of the sender, if several meters share it
   * @param size number of values kept
   */
  constructor({
    clock = new ClockOffsetEstimate(),
    size = WINDOW,
  }: { clock?: ClockOffsetEstimate; size?: number } = {}) {
    this.#clock = clock;
    this.#values = new SlidingPercentiles(size);
  }

  /** An exchange with `/api/v1/clock`, on the same clock as the times of `add`. */
  exchanged(exchange: ClockExchange): void {
    this.#clock.add(exchange);
  }

  /**
   * A frame was decoded. Repeated frames, such as the placeholder frames of a lost camera with its last frame, say
   * nothing
   * about the latency and are ignored; so are frames before the clocks are compared.
   * @param markNs from readTimeMark
   * @param decodedNs by the local clock
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

  /** Discards the frames, as at the end of a session, but not the clock offset. */
  clear(): void {
    this.#values.clear();
    this.#last = null;
  }
}
