/** Something that is done again and again until it is closed; it does not keep the process alive. */
export interface Repeated {
  close(): void;
}

/**
 * Does something at once, and again so many ms after it is done as it says itself. It is to throw nothing.
 * @param work gets a signal that aborts when it is closed
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
