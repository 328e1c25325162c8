/** Asks again and again, one question at a time, and not while nobody looks. */

export interface Poller {
  /** Asks at once, unless a question is under way. */
  now(): void;
  stop(): void;
}

/** @param ask resolves to the milliseconds until the next question */
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
