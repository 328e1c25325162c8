import type { Bin, Element, Pad, Pipeline } from './native.js';
import { make } from './pipeline.js';
import { joinDirectly, part } from './proxy.js';
import type { Tee } from './tee.js';

/** Links a tee of one pipeline to a pad of another, until it is closed. */
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

  /** Nothing is pushed through the link after this returns. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.from.remove(this.#sink);
    part(this.#to, this.#proxy);
  }
}

/**
 * The input of a pipeline, a funnel, whose source can change. EOS does not get through: a funnel forwards it when all
 * pads have received it, and one pad requested here never does.
 */
export class ChangingInput {
  readonly #pipeline: Pipeline;
  readonly #funnel: Element;
  #current: { link: TeeLink; pad: Pad } | null = null;

  constructor(pipeline: Pipeline, funnel: Element) {
    this.#pipeline = pipeline;
    this.#funnel = funnel;
    funnel.requestPadSimple('sink_%u');
  }

  get source(): Tee | null {
    return this.#current?.link.from ?? null;
  }

  /** Switches to this tee; null to none. */
  take(from: Tee | null): void {
    const previous = this.#current;
    if ((previous?.link.from ?? null) === from) return;
    this.#current = null;
    if (previous) {
      previous.link.close();
      this.#funnel.releaseRequestPad(previous.pad);
    }
    if (!from) return;
    const pad = this.#funnel.requestPadSimple('sink_%u');
    if (!pad) throw new Error('the funnel gave no pad');
    this.#current = { link: new TeeLink(from, this.#pipeline, pad), pad };
  }
}
