/** The robot's clock, by which the server sends times; it may be hours away from this browser's. */

let aheadMs = 0;

/** @param text a time just received from the server; ignored if it is not one */
export function noteServerTime(text: string | null): void {
  const at = Date.parse(text ?? '');
  if (Number.isFinite(at)) aheadMs = at - Date.now();
}

/** Milliseconds since a moment by the robot's clock; never negative. */
export function msSince(moment: string): number {
  const since = Date.now() + aheadMs - Date.parse(moment);
  return Number.isFinite(since) ? Math.max(0, since) : 0;
}
