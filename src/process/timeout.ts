import type { Clock } from './clock.js';

export interface Timeout {
  /** For it to come about; null for as long as it takes. */
  timeoutMs: number | null;
  /** Gives it up: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface Settle<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * A promise that is settled by others, by the end of its patience, or by a signal; whichever comes first.
 * @param begin is not called if it was given up before
 * @param late what it rejects with when its time is over
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
