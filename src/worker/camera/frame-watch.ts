/** While somebody asks how old frames are every so many ms or more often: a look takes 0.1 ms. And how long after. */
const CLOSELY_MS = 250;
const POLL_INTERVAL_MS = 20;
const WATCHED_MS = 1_000;

/** Looks for new frames more often than a camera does by itself, while somebody wants to know exactly how old they are. */
export class FrameWatch {
  readonly #check: () => void;
  #timer: NodeJS.Timeout | null = null;
  #until = 0;

  constructor(check: () => void) {
    this.#check = check;
  }

  /** Somebody asks every so many ms; 0: once. */
  asked(everyMs: number): void {
    if (everyMs === 0 || everyMs > CLOSELY_MS) return;
    this.#until = performance.now() + WATCHED_MS;
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
