import type { System } from '../../domain/contract.js';
import type { Log } from '../../domain/log.js';
import { type IceUrl, printIceUrl } from '../../protocol/ice-url.js';
import { probeServer, type Reached } from './probe.js';
import { type Repeated, repeat } from './repeat.js';

export type ServerStatus = System['ice']['servers'][number];

export interface IceWatchOptions {
  urls: readonly IceUrl[];
  log: Log;
  probe?: (url: IceUrl, signal: AbortSignal) => Promise<Reached>;
  pace?: WatchPace;
}

export interface WatchPace {
  /** Interval between probes. */
  steadyMs: number;
  /** The interval for `recentMs` after a change. */
  changedMs: number;
  recentMs: number;
}

const PACE: WatchPace = { steadyMs: 30_000, changedMs: 5_000, recentMs: 60_000 };

/**
 * Probes in the background which STUN and TURN servers answer, so that no session waits for one that does not. A server
 * that has not been probed yet counts as one that does not answer.
 */
export class IceWatch {
  readonly #log: Log;
  readonly #probe: (url: IceUrl, signal: AbortSignal) => Promise<Reached>;
  readonly #pace: WatchPace;
  readonly #statuses: Map<IceUrl, ServerStatus>;
  #probes: Repeated[] | null = null;

  constructor({ urls, log, probe = probeServer, pace = PACE }: IceWatchOptions) {
    this.#log = log;
    this.#probe = probe;
    this.#pace = pace;
    this.#statuses = new Map(
      urls.map(url => [
        url,
        { url: printIceUrl(url), reachable: null, since: null, address: null, roundTripMs: null, error: null },
      ]),
    );
  }

  start(): void {
    this.#probes ??= [...this.#statuses.keys()].map(url => {
      let changedAt = Number.NEGATIVE_INFINITY;
      return repeat(async signal => {
        if (await this.#update(url, signal)) changedAt = performance.now();
        return performance.now() - changedAt < this.#pace.recentMs ? this.#pace.changedMs : this.#pace.steadyMs;
      });
    });
  }

  close(): void {
    for (const probe of this.#probes ?? []) probe.close();
    this.#probes = [];
  }

  statuses(): ServerStatus[] {
    return [...this.#statuses.values()];
  }

  /** The address and round trip of a server's last answer; null if the last probe failed. */
  reached(url: IceUrl): Reached | null {
    const { reachable, address, roundTripMs } = this.#statuses.get(url) ?? {};
    return reachable && address && typeof roundTripMs === 'number' ? { address, roundTripMs } : null;
  }

  /** @returns whether the server's reachability has changed */
  async #update(url: IceUrl, signal: AbortSignal): Promise<boolean> {
    let found: Pick<ServerStatus, 'reachable' | 'address' | 'roundTripMs' | 'error'>;
    try {
      found = { reachable: true, ...(await this.#probe(url, signal)), error: null };
    } catch (error) {
      found = { reachable: false, address: null, roundTripMs: null, error: (error as Error).message };
    }
    const before = this.#statuses.get(url);
    if (signal.aborted || !before) return false;
    const changed = before.reachable !== found.reachable;
    this.#statuses.set(url, { ...before, ...found, since: changed ? new Date().toISOString() : before.since });
    if (!changed) return false;
    const { reachable, address, roundTripMs, error } = found;
    if (reachable) this.#log.info({ url: before.url, address, roundTripMs }, 'ICE server reachable');
    else this.#log.warn({ url: before.url, error }, 'ICE server unreachable');
    return true;
  }
}
