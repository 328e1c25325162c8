import type { SessionFigures } from '../domain/ports.js';
import { type Percentiles, SlidingPercentiles } from '../protocol/percentiles.js';
import type { CameraFigures } from './messages.js';

/** From the capture of a picture to its decoded pixels, in ms. */
export interface Latency extends Percentiles {
  /** All of them are wrong by this at the most, in ms: the bound of what is known of the two clocks. */
  errorMs: number;
}

/** What is known of a camera at a moment. */
export interface CameraReport {
  camera: string;
  state: 'connecting' | 'live' | 'down';
  /** Why it is down, or what is wrong though it is live; null if nothing is. */
  problem: string | null;
  figures: CameraFigures | null;
  network: SessionFigures | null;
  roundTripMs: number | null;
  latency: Latency | null;
}

export interface CameraSummary {
  camera: string;
  seconds: number;
  frames: number;
  /** Over the time that pictures came. */
  fps: number | null;
  freezes: number;
  frozenMs: number;
  packetsLost: number;
  /** How often it was down, by why. */
  interruptions: Readonly<Record<string, number>>;
  latency: Latency | null;
}

/** Latencies that the figures of a moment are of: half a minute. */
const RECENT = 300;
/** And those of the summary: more than half a day would be sampled evenly enough by the last hours. */
const ALL = 500_000;

/** What a camera has brought, from the beginning of the command. */
export class Tally {
  readonly camera: string;
  #state: CameraReport['state'] = 'connecting';
  #problem: string | null = null;
  #trouble: string | null = null;
  #figures: CameraFigures | null = null;
  #network: SessionFigures | null = null;
  readonly #recent = new SlidingPercentiles(RECENT);
  readonly #all = new SlidingPercentiles(ALL);
  #errorMs = 0;
  readonly #beganAt = performance.now();
  #liveMs = 0;
  #liveSince: number | null = null;
  #lost = 0;
  #lostBefore = 0;
  readonly #interruptions = new Map<string, number>();

  constructor(camera: string) {
    this.camera = camera;
  }

  live(): void {
    this.#state = 'live';
    this.#problem = null;
    this.#liveSince ??= performance.now();
  }

  /** @returns whether that is news */
  down(problem: string, why: string): boolean {
    const wasLive = this.#state === 'live';
    const isNews = wasLive || problem !== this.#problem;
    if (wasLive) {
      this.#interruptions.set(why, (this.#interruptions.get(why) ?? 0) + 1);
      if (this.#liveSince !== null) this.#liveMs += performance.now() - this.#liveSince;
      this.#liveSince = null;
      this.#lostBefore += this.#lost;
      this.#lost = 0;
    }
    this.#state = 'down';
    this.#problem = problem;
    // Of the session that is over.
    this.#trouble = null;
    this.#network = null;
    return isNews;
  }

  /** @returns whether that is news */
  trouble(text: string | null): boolean {
    if (text === this.#trouble) return false;
    this.#trouble = text;
    return true;
  }

  measured(figures: CameraFigures, network: SessionFigures | null): void {
    this.#figures = figures;
    this.#network = network;
    if (network?.packetsLost != null) this.#lost = network.packetsLost;
  }

  latency(ms: number, errorMs: number): void {
    this.#recent.add(ms);
    this.#all.add(ms);
    this.#errorMs = errorMs;
  }

  report(roundTripMs: number | null): CameraReport {
    return {
      camera: this.camera,
      state: this.#state,
      problem: this.#problem ?? this.#trouble,
      figures: this.#figures,
      network: this.#network,
      roundTripMs: roundTripMs === null ? null : round(roundTripMs),
      latency: this.#latency(this.#recent),
    };
  }

  summary(): CameraSummary {
    const now = performance.now();
    const liveMs = this.#liveMs + (this.#liveSince === null ? 0 : now - this.#liveSince);
    const frames = this.#figures?.frames ?? 0;
    return {
      camera: this.camera,
      seconds: Math.round((now - this.#beganAt) / 100) / 10,
      frames,
      fps: liveMs < 500 ? null : Math.round((frames / liveMs) * 10_000) / 10,
      freezes: this.#figures?.freezes ?? 0,
      frozenMs: this.#figures?.frozenMs ?? 0,
      packetsLost: this.#lostBefore + this.#lost,
      interruptions: Object.fromEntries(this.#interruptions),
      latency: this.#latency(this.#all),
    };
  }

  #latency(window: SlidingPercentiles): Latency | null {
    const found = window.read();
    if (!found) return null;
    return {
      p50: round(found.p50),
      p95: round(found.p95),
      p99: round(found.p99),
      count: found.count,
      errorMs: round(this.#errorMs),
    };
  }
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
