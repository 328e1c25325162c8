/** Polls, one request at a time, and not while the page is hidden. */

export interface Poller {
  /** Polls at once, unless a request is in flight. */
  now(): void;
  stop(): void;
}

/** @param ask resolves to the milliseconds until the next request */
export function startPolling(ask: () => Promise<number>): Poller {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  let running = true;

  const run = async (): Promise<void> => {
    if (asking || !running || document.hidden) return;
    asking = true;
    clearTimeout(timer);
    const wait = await ask().finally(() => {
      asking = false;
    });
    if (running) timer = setTimeout(run, wait);
  };
  const onVisibility = (): void => void run();
  document.addEventListener('visibilitychange', onVisibility);
  void run();

  return {
    now: () => void run(),
    stop() {
      running = false;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    },
  };
}
