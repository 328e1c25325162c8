import { GLib } from './native.js';

const FAST_MS = 20;
const SLOW_MS = 1000;
/** How long after the last disturbance the pace stays fast: long enough for a finished pipeline's last references. */
const LINGER_MS = 3000;
const GC_AFTER_MS = 60;
/** One turn of the event loop frees at most so many objects, so that messages are not kept waiting. */
const ITERATIONS = 1000;

/**
 * Gives back what finished pipelines held. node-gtk frees GObjects in an idle of the default GLib context, which
 * nobody runs in Node, and V8 collects wrappers late since it does not see the native memory behind them: 60 sessions
 * held 580 file descriptors until a collection. Needs `node --expose-gc`.
 */
export class Housekeeping {
  readonly #context = GLib.MainContext.default();
  #pump: NodeJS.Timeout | null = null;
  #collection: NodeJS.Timeout | null = null;
  #fastUntil = 0;

  start(): void {
    if (!this.#pump) this.#schedule();
  }

  /** Something was opened or closed: look after it closely for a while. */
  disturb(): void {
    const slow = performance.now() > this.#fastUntil;
    this.#fastUntil = performance.now() + LINGER_MS;
    if (slow && this.#pump) this.#schedule();
  }

  /** A pipeline was closed: collect its wrappers soon, once for all that close together. */
  collect(): void {
    this.disturb();
    this.#collection ??= setTimeout(() => {
      this.#collection = null;
      globalThis.gc?.();
    }, GC_AFTER_MS);
  }

  close(): void {
    if (this.#pump) clearTimeout(this.#pump);
    if (this.#collection) clearTimeout(this.#collection);
    this.#pump = null;
    this.#collection = null;
  }

  #schedule(): void {
    if (this.#pump) clearTimeout(this.#pump);
    this.#pump = setTimeout(
      () => {
        for (let i = 0; i < ITERATIONS && this.#context.iteration(false); i++);
        this.#schedule();
      },
      performance.now() < this.#fastUntil ? FAST_MS : SLOW_MS,
    );
  }
}
