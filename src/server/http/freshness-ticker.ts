import type { FreshnessWatch } from '../../domain/freshness.js';
import type { Log } from '../../domain/log.js';

/** How long the workers may take to answer: well below the shortest interval that a client may request. */
const TIMEOUT_MS = 20;

interface Subscription {
  everyMs: number;
  /** performance.now() */
  dueAt: number;
  send(): void;
}

/** Sends frame ages to each subscriber at its own interval. Idle while there are no subscribers. */
export class FreshnessTicker {
  readonly #watch: FreshnessWatch;
  readonly #log: Log;
  readonly #subscriptions = new Set<Subscription>();
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(watch: FreshnessWatch, log: Log) {
    this.#watch = watch;
    this.#log = log;
  }

  /** @returns a function that ends the subscription */
  add(everyMs: number, send: () => void): () => void {
    const subscription = { everyMs, dueAt: performance.now(), send };
    this.#subscriptions.add(subscription);
    this.#plan();
    return () => {
      this.#subscriptions.delete(subscription);
      this.#plan();
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#subscriptions.clear();
    this.#plan();
  }

  #plan(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isClosed || this.#subscriptions.size === 0) return;
    const next = Math.min(...[...this.#subscriptions].map(({ dueAt }) => dueAt));
    // It never rejects.
    this.#timer = setTimeout(() => void this.#tick(), Math.max(0, next - performance.now())).unref();
  }

  async #tick(): Promise<void> {
    // Subscriptions added during the refresh are due after this.
    const startedAt = performance.now();
    try {
      await this.#watch.refresh(Math.min(...[...this.#subscriptions].map(({ everyMs }) => everyMs)), TIMEOUT_MS);
    } catch (err) {
      // The known ages are sent anyway: they grow by the clock.
      this.#log.error({ err }, 'freshness refresh failed');
    }
    for (const subscription of [...this.#subscriptions]) {
      if (subscription.dueAt > startedAt) continue;
      // From the time at which it was due, so that delays do not add up; missed messages are skipped.
      const next = subscription.dueAt + subscription.everyMs;
      subscription.dueAt = next > startedAt ? next : startedAt + subscription.everyMs;
      try {
        subscription.send();
      } catch (err) {
        this.#log.error({ err }, 'freshness message not sent');
      }
    }
    this.#plan();
  }
}
