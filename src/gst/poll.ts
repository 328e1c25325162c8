/** The clock of a wait; tests have their own. */
export interface Clock {
  /** ms of a clock that does not jump. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

const REAL: Clock = {
  now: () => performance.now(),
  sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
};

/** ms between two checks while somebody waits. */
const POLL_MS = 5;

export interface PollOptions {
  timeoutMs: number;
  everyMs?: number;
  clock?: Clock;
}

/**
 * Polls until there is a result, as GStreamer must not call back (docs/architecture.md).
 * @param check returns null while there is none; its errors are thrown
 * @returns null if there was none in time; the last check is after the deadline
 */
export async function poll<T>(
  check: () => T | null,
  { timeoutMs, everyMs = POLL_MS, clock = REAL }: PollOptions,
): Promise<T | null> {
  const until = clock.now() + timeoutMs;
  for (;;) {
    const isLast = clock.now() > until;
    const found = check();
    if (found !== null || isLast) return found;
    await clock.sleep(everyMs);
  }
}
