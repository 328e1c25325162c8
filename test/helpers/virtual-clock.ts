import type { Clock } from '../../src/process/clock.js';

/** A clock that goes on only when it is told to. */
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

  /** Goes on for so long; what is due is done in its order, and what follows from it by promises too. */
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

/** Lets all promises that can be settled now be so. */
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
