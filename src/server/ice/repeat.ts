/** Work that repeats until it is closed; it does not keep the process alive. */
export interface Repeated {
  close(): void;
}

/**
 * Runs work at once, and again after the delay in ms that it resolves with.
 * @param work gets a signal that aborts on close; it must not throw
 */
export function repeat(work: (signal: AbortSignal) => Promise<number>): Repeated {
  const closed = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const turn = async (): Promise<void> => {
    const waitMs = await work(closed.signal);
    if (closed.signal.aborted) return;
    timer = setTimeout(() => void turn(), waitMs);
    timer.unref();
  };
  void turn();
  return {
    close: () => {
      closed.abort(new Error('closed'));
      clearTimeout(timer);
    },
  };
}
