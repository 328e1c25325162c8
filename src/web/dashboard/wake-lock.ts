/** Keeps the operator's screen on while the cameras are watched. */

/**
 * Browsers offer this in a secure context only, and release it when the page is hidden: requested again once visible.
 * @returns a function that lets the screen sleep again
 */
export function keepScreenOn(): () => void {
  let held: WakeLockSentinel | undefined;
  let wanted = true;
  const release = (): void => {
    held?.release().catch(() => undefined);
    held = undefined;
  };
  const ask = async (): Promise<void> => {
    if (document.hidden || !('wakeLock' in navigator)) return;
    release();
    held = await navigator.wakeLock.request('screen');
    if (!wanted) release();
  };
  // Refused while the battery is low; the screen then sleeps as usual.
  const askQuietly = (): void => void ask().catch(() => undefined);
  document.addEventListener('visibilitychange', askQuietly);
  askQuietly();
  return () => {
    wanted = false;
    document.removeEventListener('visibilitychange', askQuietly);
    release();
  };
}
