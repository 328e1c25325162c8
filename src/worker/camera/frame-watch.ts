/** Clients that ask for the age of frames at least this often are watched for. A poll takes 0.1 ms. */
const MAX_WATCH_INTERVAL_MS = 250;
const POLL_INTERVAL_MS = 20;
/** After the last request. */
const WATCH_MS = 1_000;

/** Polls for new frames more often than the camera does by itself, while a client needs their exact age. */
export class FrameWatch {
  readonly #check: () => void;
  #timer: NodeJS.Timeout | null = null;
  #until = 0;

  constructor(check: () => void) {
    this.#check = check;
  }

  /** Keeps polling for a while. @param everyMs how often the client asks; 0: once */
  extend(everyMs: number): void {
    if (everyMs === 0 || everyMs > MAX_WATCH_INTERVAL_MS) return;
    this.#until = performance.now() + WATCH_MS;
    this.#timer ??= setInterval(() => {
      if (performance.now() > this.#until) this.close();
      else this.#check();
    }, POLL_INTERVAL_MS);
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }
}
