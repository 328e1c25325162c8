/** Delays before the next attempt. Pure. */

const FIRST_MS = 250;
const LONGEST_MS = 5_000;
/** Upper limit of a server's Retry-After: video that never returns is worse than one more request. */
const LONGEST_RETRY_AFTER_MS = 60_000;
/** Viewers that lost the same camera at the same moment must not all reconnect at the same moment. */
const JITTER = 0.3;

/**
 * Without jitter, for retries by a single process: of a child process, a source, a stream between two processes.
 *
 * @param schedule ms, one entry per failure; the last entry repeats; an empty schedule means no delay
 * @param failures failed attempts in a row before this one; 0 before the first retry
 */
export function scheduledDelayMs(schedule: readonly number[], failures: number): number {
  return schedule[Math.min(failures, schedule.length - 1)] ?? 0;
}

/**
 * With jitter, for retries of many clients against one server.
 *
 * @param failures failed attempts since the last stable session; 0 before the first retry
 * @param retryAfterMs the minimum that the server asked for
 * @param random from 0 to 1
 * @param longestMs the maximum without retryAfterMs
 */
export function retryDelayMs(
  failures: number,
  retryAfterMs = 0,
  random: number = Math.random(),
  longestMs: number = LONGEST_MS,
): number {
  // 2 ** 5 already exceeds the longest delay; the bound keeps the power finite after hundreds of failures.
  const exponential = Math.min(longestMs, FIRST_MS * 2 ** Math.min(failures, 10));
  const spread = exponential * (1 - JITTER * random);
  return Math.round(Math.max(spread, Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS)));
}
