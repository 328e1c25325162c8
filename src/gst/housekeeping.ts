import { GLib } from './native.js';

const PACE_MS = 20;
/** How long after the last disturbance the pace is kept: long enough for a finished pipeline's last references. */
const LINGER_MS = 3000;
const GC_AFTER_MS = 60;
/**
 * Collections until all is found: each frees what only the objects of the one before held. A session took 6 to 7, and
 * until then it keeps its UDP port.
 */
const PASSES = 8;
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
  #passes = 0;

  /** Frees what there is to free. By itself this goes on for a while after a disturbance only; call it now and then. */
  pump(): void {
    for (let i = 0; i < ITERATIONS && this.#context.iteration(false); i++);
  }

  /** Something was opened or closed: look after it closely for a while. */
  disturb(): void {
    this.#until = performance.now() + LINGER_MS;
    this.#passes = PASSES;
    this.#timer ??= setInterval(() => this.#tick(), PACE_MS);
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

  /** A buffer or an element was let go of: one collection soon finds it, and a pool gets its memory back. */
  sweep(): void {
    this.#collection ??= setTimeout(() => {
      this.#collection = null;
      globalThis.gc?.();
      this.pump();
    }, GC_AFTER_MS);
  }

  // While sessions come and go one collection for each close is enough. All is looked for when nothing has happened for a
  // while, and one pass at a time, as each holds messages up for some 15 ms.
  #tick(): void {
    this.pump();
    if (performance.now() < this.#until) return;
    if (this.#passes-- > 0) {
      globalThis.gc?.();
      return;
    }
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }
}
