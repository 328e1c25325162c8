/** What a wait goes by; a test has its own. */
export interface Clock {
  /** ms of a clock that does not jump. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

const REAL: Clock = {
  now: () => performance.now(),
  sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
};

/** ms from one look at a pipeline to the next, while somebody waits for it. */
const POLL_MS = 5;

export interface PollOptions {
  timeoutMs: number;
  everyMs?: number;
  clock?: Clock;
}

/**
 * Looks until there is an answer, as GStreamer may not call back (docs/architecture.md).
 * @param look gives null while there is none; what it throws is thrown
 * @returns null if there was none in time; the last look is behind the deadline
 */
export async function poll<T>(
  look: () => T | null,
  { timeoutMs, everyMs = POLL_MS, clock = REAL }: PollOptions,
): Promise<T | null> {
  const until = clock.now() + timeoutMs;
  for (;;) {
    const isLast = clock.now() > until;
    const found = look();
    if (found !== null || isLast) return found;
    await clock.sleep(everyMs);
  }
}
