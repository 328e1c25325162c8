/** Keeps the operator's screen on while the cameras are watched. */

/**
 * The browser has this in a secure context only, and takes it back when the page is hidden; then it is asked for anew.
 * @returns what lets the screen sleep again
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
  // Refused while the battery is low; the screen then sleeps as it does without this.
  const askQuietly = (): void => void ask().catch(() => undefined);
  document.addEventListener('visibilitychange', askQuietly);
  askQuietly();
  return () => {
    wanted = false;
    document.removeEventListener('visibilitychange', askQuietly);
    release();
  };
}
