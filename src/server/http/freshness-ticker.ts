import type { FreshnessWatch } from '../../domain/freshness.js';
import type { Log } from '../../domain/log.js';

/** How long the workers may take to answer: well below the shortest period that may be asked for. */
const TIMEOUT_MS = 20;

interface Subscription {
  everyMs: number;
  /** performance.now() */
  dueAt: number;
  tell(): void;
}

/** Has whoever asked for it told how old pictures are, each in his own time. While nobody has, nothing happens. */
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

  /** @returns what ends it */
  add(everyMs: number, tell: () => void): () => void {
    const subscription = { everyMs, dueAt: performance.now(), tell };
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
    // What comes meanwhile is planned behind it.
    const began = performance.now();
    try {
      await this.#watch.refresh(Math.min(...[...this.#subscriptions].map(({ everyMs }) => everyMs)), TIMEOUT_MS);
    } catch (err) {
      // What is known already is told all the same: an age grows by itself.
      this.#log.error({ err }, 'the workers could not be asked how old their frames are');
    }
    for (const subscription of [...this.#subscriptions]) {
      if (subscription.dueAt > began) continue;
      // By the time at which it was due, so that delays do not add up; what was missed is not made up for.
      const next = subscription.dueAt + subscription.everyMs;
      subscription.dueAt = next > began ? next : began + subscription.everyMs;
      try {
        subscription.tell();
      } catch (err) {
        this.#log.error({ err }, 'a listener could not be told how old frames are');
      }
    }
    this.#plan();
  }
}
