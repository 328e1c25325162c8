/** Whether a picture is new enough to drive by. Pure. */

export type Freshness = 'fresh' | 'stale' | 'lost';

/** Below this a gap is a hiccup of the network, not a frozen picture. */
const STALE_FLOOR_MS = 500;
/** And above this no rate excuses it: a link that has sunk to a picture each 3 s must not pass for a slow camera. */
const STALE_CEILING_MS = 3_000;
const STALE_INTERVALS = 3;
const LOST_FLOOR_MS = 3_000;
const KEPT_INTERVALS = 15;

/** The usual time between two pictures: the median, which one long gap or one burst does not move. */
export function usualInterval(intervals: readonly number[]): number | undefined {
  const sorted = [...intervals].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** The last intervals with one more, oldest first. */
export function withInterval(intervals: readonly number[], interval: number): number[] {
  return [...intervals.slice(1 - KEPT_INTERVALS), interval];
}

/**
 * The age in ms at which a picture is stale.
 *
 * The rate that the camera is known to have goes before the rate that is seen: pictures that arrive ever more slowly
 * from a fast camera are a failing link.
 */
export function staleAfterMs(knownFps: number | undefined, seenIntervalMs: number | undefined): number {
  const interval = knownFps !== undefined && knownFps > 0 ? 1_000 / knownFps : (seenIntervalMs ?? 0);
  return Math.min(STALE_CEILING_MS, Math.max(STALE_FLOOR_MS, STALE_INTERVALS * interval));
}

/** `lost`: so old that a new session is likelier to bring a picture than more patience. */
export function assessFreshness(ageMs: number, staleMs: number): Freshness {
  if (ageMs <= staleMs) return 'fresh';
  return ageMs > Math.max(LOST_FLOOR_MS, 2 * staleMs) ? 'lost' : 'stale';
}
