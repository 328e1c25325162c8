import { scheduledDelayMs } from '../protocol/backoff.js';

/** When a process that ended is restarted. Pure; Supervised keeps the count. */
export interface RestartPolicy {
  /** ms from an exit to the next start, by the number of consecutive failures before it; the last entry repeats. */
  delaysMs: readonly number[];
  /** A process that was up for so long has recovered: its exit counts as the first failure again. */
  steadyMs: number;
  /** Consecutive failures after which it is not restarted; null for no limit. */
  giveUpAfter: number | null;
  /**
   * Maximum number of processes that cannot be killed; beyond it, the next start waits for the end of one, or there is
   * none if `giveUpAfter` is set.
   */
  maxStuck: number;
}

export interface RestartDecision {
  failures: number;
  /** Null: no restart. */
  restartInMs: number | null;
}

/**
 * @param failures consecutive, before this exit
 * @param upMs how long it was up; null if it never was
 */
export function afterExit(
  { delaysMs, steadyMs, giveUpAfter }: RestartPolicy,
  failures: number,
  upMs: number | null,
): RestartDecision {
  const before = upMs !== null && upMs >= steadyMs ? 0 : failures;
  const now = before + 1;
  const isHopeless = giveUpAfter !== null && now >= giveUpAfter;
  return { failures: now, restartInMs: isHopeless ? null : scheduledDelayMs(delaysMs, before) };
}
