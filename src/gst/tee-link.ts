import type { Bin, Element, Pad, Pipeline } from './native.js';
import { make } from './pipeline.js';
import { joinDirectly, part } from './proxy.js';
import type { Tee } from './tee.js';

/** From a tee of one pipeline to a pad of another, until it is closed. */
export class TeeLink {
  readonly from: Tee;
  readonly #to: Pipeline;
  readonly #sink: Element;
  readonly #proxy: Bin;
  #isClosed = false;

  constructor(from: Tee, to: Pipeline, input: Pad) {
    this.from = from;
    this.#to = to;
    this.#sink = make('proxysink');
    this.#proxy = joinDirectly(to, this.#sink, input);
    this.#proxy.syncStateWithParent();
    from.add(this.#sink);
  }

  /** Nothing is pushed through it when this returns. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.from.remove(this.#sink);
    part(this.#to, this.#proxy);
  }
}

/**
 * The input of a pipeline that takes its buffers from here today and from there tomorrow: its funnel. The end of a stream
 * does not get through: it has come when all pads have had it, and one that is taken here never does.
 */
export class ChangingInput {
  readonly #pipeline: Pipeline;
  readonly #funnel: Element;
  #feed: { feed: TeeLink; pad: Pad } | null = null;

  constructor(pipeline: Pipeline, funnel: Element) {
    this.#pipeline = pipeline;
    this.#funnel = funnel;
    funnel.requestPadSimple('sink_%u');
  }

  get source(): Tee | null {
    return this.#feed?.feed.from ?? null;
  }

  /** Takes buffers from there, and no more from where they came from before; null takes none. */
  take(from: Tee | null): void {
    const before = this.#feed;
    if ((before?.feed.from ?? null) === from) return;
    this.#feed = null;
    if (before) {
      before.feed.close();
      this.#funnel.releaseRequestPad(before.pad);
    }
    if (!from) return;
    const pad = this.#funnel.requestPadSimple('sink_%u');
    if (!pad) throw new Error('the funnel gave no pad');
    this.#feed = { feed: new TeeLink(from, this.#pipeline, pad), pad };
  }
}
