/** How long to wait before the next attempt. Pure. */

const FIRST_MS = 250;
const LONGEST_MS = 5_000;
/** A server that asks for more than this is asked sooner: a picture that never returns is worse than one request. */
const LONGEST_RETRY_AFTER_MS = 60_000;
/** Viewers that lost the same camera at the same moment must not all return at the same moment. */
const JITTER = 0.3;

/**
 * Without jitter, for what only one process retries: a child process, a source, a stream between two processes.
 *
 * @param schedule ms, one entry per failure; the last entry repeats; an empty one is no wait at all
 * @param failures failed attempts in a row before this one; 0 before the first retry
 */
export function scheduledDelayMs(schedule: readonly number[], failures: number): number {
  return schedule[Math.min(failures, schedule.length - 1)] ?? 0;
}

/**
 * With jitter, for what many clients retry against one server.
 *
 * @param failures attempts that failed since the picture last stood for a while; 0 before the first retry
 * @param retryAfterMs what the server asked for; never undercut
 * @param random from 0 to 1
 * @param longestMs where nothing was asked for
 */
export function retryDelayMs(
  failures: number,
  retryAfterMs = 0,
  random: number = Math.random(),
  longestMs: number = LONGEST_MS,
): number {
  // 2 ** 5 is past the longest delay already; the bound keeps the power finite over hundreds of failures.
  const exponential = Math.min(longestMs, FIRST_MS * 2 ** Math.min(failures, 10));
  const spread = exponential * (1 - JITTER * random);
  return Math.round(Math.max(spread, Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS)));
}
