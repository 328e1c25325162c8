/** Whether a frame is new enough to drive by. Pure. */

export type Freshness = 'fresh' | 'stale' | 'lost';

/** Below this a gap is a network hiccup, not frozen video. */
const STALE_FLOOR_MS = 500;
/** Above this no frame rate excuses a gap: a link down to one frame every 3 s must not pass for a slow camera. */
const STALE_CEILING_MS = 3_000;
const STALE_INTERVALS = 3;
const LOST_FLOOR_MS = 3_000;
const KEPT_INTERVALS = 15;

/** The usual time between two frames: the median, which one long gap or one burst does not move. */
export function usualInterval(intervals: readonly number[]): number | undefined {
  const sorted = [...intervals].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** The last intervals with one more, oldest first. */
export function withInterval(intervals: readonly number[], interval: number): number[] {
  return [...intervals.slice(1 - KEPT_INTERVALS), interval];
}

/**
 * The age in ms at which a frame is stale.
 *
 * The camera's known frame rate takes precedence over the observed one: frames that arrive ever more slowly from a
 * fast camera mean a failing link.
 */
export function staleAfterMs(knownFps: number | undefined, seenIntervalMs: number | undefined): number {
  const interval = knownFps !== undefined && knownFps > 0 ? 1_000 / knownFps : (seenIntervalMs ?? 0);
  return Math.min(STALE_CEILING_MS, Math.max(STALE_FLOOR_MS, STALE_INTERVALS * interval));
}

/** `lost`: so old that a new session is likelier to help than more patience. */
export function assessFreshness(ageMs: number, staleMs: number): Freshness {
  if (ageMs <= staleMs) return 'fresh';
  return ageMs > Math.max(LOST_FLOOR_MS, 2 * staleMs) ? 'lost' : 'stale';
}
