import type { Clock } from './clock.js';

export interface Timeout {
  /** Null waits without limit. */
  timeoutMs: number | null;
  /** Aborts the wait: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface Settle<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * A promise that `begin` lets others settle, or that a timeout or a signal rejects, whichever comes first.
 * @param begin is not called if the signal was aborted before
 * @param late makes the error of the timeout
 */
export async function within<T>(
  clock: Clock,
  { timeoutMs, signal }: Timeout,
  late: (seconds: number) => Error,
  begin: (settle: Settle<T>) => void,
): Promise<T> {
  signal?.throwIfAborted();
  let stopTimer: () => void = () => undefined;
  let giveUp: () => void = () => undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      if (timeoutMs !== null) stopTimer = clock.after(timeoutMs, () => reject(late(timeoutMs / 1000)));
      giveUp = () => reject(signal?.reason);
      signal?.addEventListener('abort', giveUp, { once: true });
      begin({ resolve, reject });
    });
  } finally {
    stopTimer();
    signal?.removeEventListener('abort', giveUp);
  }
}
