/** What the robot's clock shows: its times are told by it, and it may be hours away from this browser's. */

let aheadMs = 0;

/** @param text a time that the server has just told; passed over where it is none */
export function noteServerTime(text: string | null): void {
  const at = Date.parse(text ?? '');
  if (Number.isFinite(at)) aheadMs = at - Date.now();
}

/** Milliseconds since a moment by the robot's clock; never below 0. */
export function msSince(moment: string): number {
  const since = Date.now() + aheadMs - Date.parse(moment);
  return Number.isFinite(since) ? Math.max(0, since) : 0;
}
