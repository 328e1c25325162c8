import { GLib } from './native.js';

const PACE_MS = 20;
/** How long after the last disturbance the pace is kept: long enough for a finished pipeline's last references. */
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
  #timer: NodeJS.Timeout | null = null;
  #collection: NodeJS.Timeout | null = null;
  #until = 0;

  /** Frees what there is to free. By itself this goes on for a while after a disturbance only; call it now and then. */
  pump(): void {
    for (let i = 0; i < ITERATIONS && this.#context.iteration(false); i++);
  }

  /** Something was opened or closed: look after it closely for a while. */
  disturb(): void {
    this.#until = performance.now() + LINGER_MS;
    this.#timer ??= setInterval(() => {
      this.pump();
      if (performance.now() > this.#until) this.#rest();
    }, PACE_MS);
  }

  /** A pipeline was closed: collect its wrappers soon, once for all that close together. */
  collect(): void {
    this.disturb();
    if (this.#collection) return;
    this.#collection = setTimeout(() => {
      this.#collection = null;
      globalThis.gc?.();
    }, GC_AFTER_MS);
  }

  // What was still in use at the first collection (a promise that settled, a timer that ended) is found by this one.
  #rest(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    globalThis.gc?.();
    this.pump();
  }
}
