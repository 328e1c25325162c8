import type { SessionFigures } from '../domain/media-engine.js';
import type { CameraFigures, ReadMark } from '../messages/player.js';
import { type CaptureLatency, CaptureLatencyMeter } from '../protocol/capture-latency.js';
import type { ClockOffsetEstimate } from '../protocol/clock-offset.js';

/** The current state of a camera. */
export interface CameraReport {
  camera: string;
  state: 'connecting' | 'live' | 'down';
  /** Why it is down, or what is wrong while it is live; null if nothing is. */
  problem: string | null;
  figures: CameraFigures | null;
  network: SessionFigures | null;
  roundTripMs: number | null;
  latency: CaptureLatency | null;
}

export interface CameraSummary {
  camera: string;
  seconds: number;
  frames: number;
  /** Over the time in which frames arrived. */
  fps: number | null;
  freezes: number;
  frozenMs: number;
  packetsLost: number;
  /** How often it was down, by cause. */
  interruptions: Readonly<Record<string, number>>;
  latency: CaptureLatency | null;
}

/** Figures come every second. */
const SILENCE_MS = 2_000;
/** Latencies in the summary: of the last half day. */
const ALL = 500_000;

/** Statistics of a camera since the start of the command. */
export class Tally {
  readonly camera: string;
  #state: CameraReport['state'] = 'connecting';
  #problem: string | null = null;
  #trouble: string | null = null;
  #figures: CameraFigures | null = null;
  /** performance.now() */
  #measuredAt = 0;
  #network: SessionFigures | null = null;
  readonly #recent: CaptureLatencyMeter;
  readonly #all: CaptureLatencyMeter;
  readonly #beganAt = performance.now();
  #liveMs = 0;
  #liveSince: number | null = null;
  #lost = 0;
  #lostBefore = 0;
  readonly #interruptions = new Map<string, number>();

  /** @param clock of the robot; without one there is no latency */
  constructor(camera: string, clock: ClockOffsetEstimate | null) {
    this.camera = camera;
    this.#recent = new CaptureLatencyMeter(clock ? { clock } : {});
    this.#all = new CaptureLatencyMeter({ ...(clock ? { clock } : {}), size: ALL });
  }

  live(): void {
    this.#state = 'live';
    this.#problem = null;
    this.#liveSince ??= performance.now();
  }

  /** @returns whether that is new */
  down(problem: string, why: string): boolean {
    const wasLive = this.#state === 'live';
    const isNew = wasLive || problem !== this.#problem;
    if (wasLive) {
      this.#interruptions.set(why, (this.#interruptions.get(why) ?? 0) + 1);
      if (this.#liveSince !== null) this.#liveMs += performance.now() - this.#liveSince;
      this.#liveSince = null;
      this.#lostBefore += this.#lost;
      this.#lost = 0;
    }
    this.#state = 'down';
    this.#problem = problem;
    // They belong to the session that has ended.
    this.#trouble = null;
    this.#network = null;
    return isNew;
  }

  /** @returns whether that is new */
  trouble(text: string | null): boolean {
    if (text === this.#trouble) return false;
    this.#trouble = text;
    return true;
  }

  measured(figures: CameraFigures, network: SessionFigures | null): void {
    this.#figures = figures;
    this.#measuredAt = performance.now();
    this.#network = network;
    if (network?.packetsLost != null) this.#lost = network.packetsLost;
  }

  /** The time mark of a frame was read; see CaptureLatencyMeter. */
  marked({ capturedNs, decodedNs }: ReadMark): void {
    this.#recent.add(capturedNs, decodedNs);
    this.#all.add(capturedNs, decodedNs);
  }

  report(roundTripMs: number | null): CameraReport {
    return {
      camera: this.camera,
      state: this.#state,
      problem: this.#problem ?? this.#trouble,
      figures: this.#figures && this.#asOfNow(this.#figures),
      network: this.#network,
      roundTripMs: roundTripMs === null ? null : round(roundTripMs),
      latency: rounded(this.#recent.read()),
    };
  }

  // A player that hangs sends no figures, and the last ones are outdated.
  #asOfNow(figures: CameraFigures): CameraFigures {
    const silence = performance.now() - this.#measuredAt;
    if (silence < SILENCE_MS) return figures;
    return {
      ...figures,
      fps: 0,
      bitrate: 0,
      ageMs: figures.ageMs === null ? null : Math.round(figures.ageMs + silence),
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
      latency: rounded(this.#all.read()),
    };
  }
}

function rounded(latency: CaptureLatency | null): CaptureLatency | null {
  if (!latency) return null;
  const { p50, p95, p99, count, errorMs } = latency;
  return { p50: round(p50), p95: round(p95), p99: round(p99), count, errorMs: round(errorMs) };
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
