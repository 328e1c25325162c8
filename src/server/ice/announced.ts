import { isIP } from 'node:net';
import type { System } from '../../domain/contract.js';
import type { Log } from '../../domain/log.js';
import { within } from './probe.js';
import { type Repeated, repeat } from './repeat.js';
import { LOOKUP_MS, resolveHost } from './resolve.js';

export type AnnouncedStatus = System['ice']['announce'][number];

/** A dynamic name follows its address within minutes; a failed look-up is retried sooner. */
const LOOKUP_INTERVAL_MS = 60_000;
const RETRY_INTERVAL_MS = 10_000;

/** The addresses of `ice.announce`: names are resolved in the background, and keep their last addresses on failure. */
export class Announced {
  readonly #log: Log;
  readonly #statuses: Map<string, AnnouncedStatus>;
  readonly #resolve: typeof resolveHost;
  #lookups: Repeated[] | null = null;

  constructor(names: readonly string[], log: Log, resolve = resolveHost) {
    this.#log = log;
    this.#resolve = resolve;
    this.#statuses = new Map(
      names.map(name => [name, { name, addresses: isIP(name) === 0 ? [] : [name], error: null }]),
    );
  }

  start(): void {
    this.#lookups ??= [...this.#statuses.keys()]
      .filter(name => isIP(name) === 0)
      .map(name => repeat(signal => this.#update(name, signal)));
  }

  close(): void {
    for (const lookup of this.#lookups ?? []) lookup.close();
    this.#lookups = [];
  }

  statuses(): AnnouncedStatus[] {
    return [...this.#statuses.values()];
  }

  addresses(): string[] {
    return [...new Set(this.statuses().flatMap(({ addresses }) => addresses))];
  }

  async #update(name: string, signal: AbortSignal): Promise<number> {
    const before = this.#statuses.get(name)?.addresses ?? [];
    try {
      const addresses = await within(LOOKUP_MS, signal, timeout => this.#resolve(name, timeout));
      if (signal.aborted) return 0;
      if (addresses.join() !== before.join()) this.#log.info({ name, addresses }, 'announced name resolved');
      this.#statuses.set(name, { name, addresses, error: null });
      return LOOKUP_INTERVAL_MS;
    } catch (error) {
      const { message } = error as Error;
      if (signal.aborted) return 0;
      if (this.#statuses.get(name)?.error !== message)
        this.#log.warn({ name, error: message }, 'announced name not resolved');
      this.#statuses.set(name, { name, addresses: before, error: message });
      return RETRY_INTERVAL_MS;
    }
  }
}
