import { GLib } from './native.js';

const PACE_MS = 20;
/** How long the pace continues after the last disturbance: enough for a closed pipeline's last references. */
const LINGER_MS = 3000;
const GC_AFTER_MS = 60;
/**
 * Collections until everything is freed: each frees what only the objects of the previous one referenced. A session
 * took 6 to 7, and keeps its UDP port until then.
 */
const PASSES = 8;
/** Maximum objects freed per turn of the event loop, so that messages are not delayed. */
const ITERATIONS = 1000;

/**
 * Frees the resources of closed pipelines. node-gtk frees GObjects in an idle source of the default GLib context, which
 * nothing runs in Node, and V8 collects wrappers late, as it does not see the native memory behind them: 60 sessions
 * held 580 file descriptors until a collection. Needs `node --expose-gc`.
 */
export class Housekeeping {
  readonly #context = GLib.MainContext.default();
  #timer: NodeJS.Timeout | null = null;
  #collection: NodeJS.Timeout | null = null;
  #until = 0;
  #passes = 0;

  /** Frees pending objects. A timer calls it only for a while after a disturbance; call it regularly. */
  pump(): void {
    for (let i = 0; i < ITERATIONS && this.#context.iteration(false); i++);
  }

  /** Something was opened or closed: run often for a while. */
  disturb(): void {
    this.#until = performance.now() + LINGER_MS;
    this.#passes = PASSES;
    this.#timer ??= setInterval(() => this.#tick(), PACE_MS);
  }

  /** A pipeline was closed: collect its wrappers soon, once for all that close at the same time. */
  collect(): void {
    this.disturb();
    if (this.#collection) return;
    this.#collection = setTimeout(() => {
      this.#collection = null;
      globalThis.gc?.();
    }, GC_AFTER_MS);
  }

  /** A buffer or an element was released: one collection soon frees it, and returns the memory to its pool. */
  sweep(): void {
    this.#collection ??= setTimeout(() => {
      this.#collection = null;
      globalThis.gc?.();
      this.pump();
    }, GC_AFTER_MS);
  }

  // While sessions come and go, one collection per close is enough. The full series follows a quiet period, one pass at
  // a
  // time, as each delays messages by some 15 ms.
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
