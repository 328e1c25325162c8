import { scheduledDelayMs } from '../protocol/backoff.js';

/** When a process that ended is started again. Pure, but for the count that Supervised keeps. */
export interface RestartPolicy {
  /** ms from an exit to the next start, by the failures in a row before it; the last entry repeats. */
  delaysMs: readonly number[];
  /** A process that was up for so long has recovered: its exit is the first failure again. */
  steadyMs: number;
  /** Failures in a row with which it ends for good; null for never. */
  giveUpAfter: number | null;
  /**
   * Processes that cannot be killed may be left behind up to this number; then the end of one is waited for, or it ends
   * for good where `giveUpAfter` is set.
   */
  maxStuck: number;
}

export interface Verdict {
  failures: number;
  /** Null: it is not started again. */
  restartInMs: number | null;
}

/**
 * @param failures in a row before this exit
 * @param upMs for how long it was up; null if it never was
 */
export function afterExit(
  { delaysMs, steadyMs, giveUpAfter }: RestartPolicy,
  failures: number,
  upMs: number | null,
): Verdict {
  const before = upMs !== null && upMs >= steadyMs ? 0 : failures;
  const now = before + 1;
  const isHopeless = giveUpAfter !== null && now >= giveUpAfter;
  return { failures: now, restartInMs: isHopeless ? null : scheduledDelayMs(delaysMs, before) };
}
