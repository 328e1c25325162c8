import type { Clock } from '../../src/process/clock.js';

/** A clock that advances only on request. */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ at: number; then: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, then: () => void): () => void {
    const timer = { at: this.#now + ms, then };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Advances by so much; runs due timers in order, and the promises that follow from them. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.then();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets all promises settle that can. */
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
