/** The clock of a supervisor; tests have their own. */
export interface Clock {
  /** Monotonic ms. */
  now(): number;
  /** @returns a function that cancels it */
  after(ms: number, then: () => void): () => void;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};
