import { type Element, Gst, type Pad, type Pipeline } from './native.js';
import { pad } from './pipeline.js';

/** A tee of a running pipeline, to which sinks are added and from which they are removed. */
export class Tee {
  readonly #pipeline: Pipeline;
  readonly #tee: Element;
  readonly #pads = new Map<Element, Pad>();

  constructor(pipeline: Pipeline, tee: Element) {
    this.#pipeline = pipeline;
    this.#tee = tee;
  }

  add(sink: Element): void {
    const source = this.#tee.requestPadSimple('src_%u');
    if (!source) throw new Error('the tee gave no pad');
    this.#pipeline.add(sink);
    sink.syncStateWithParent();
    source.link(pad(sink, 'sink'));
    this.#pads.set(sink, source);
  }

  /** Removes a sink, if present: nothing is pushed into it after this returns. */
  remove(sink: Element): void {
    const source = this.#pads.get(sink);
    if (!source) return;
    this.#pads.delete(sink);
    this.#tee.releaseRequestPad(source);
    sink.setState(Gst.State.NULL);
    this.#pipeline.remove(sink);
  }

  clear(): void {
    for (const sink of [...this.#pads.keys()]) this.remove(sink);
  }
}
