/** Time, as a supervisor needs it; tests have one of their own. */
export interface Clock {
  /** ms that never jump. */
  now(): number;
  /** @returns cancels it */
  after(ms: number, then: () => void): () => void;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};
