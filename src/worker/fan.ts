import { passed, RateMeter } from '../gst/meter.js';
import { type Caps, type Element, Gst, GstVideo, type Pad, type Pipeline } from '../gst/native.js';

import { element, pad } from '../gst/pipeline.js';

/** The thread that serves the viewers may be held up for so long before it counts as stuck. */
const STUCK_MS = 3000;

/** The end of a stream, where viewers are added and taken away; see describeFan for its elements. */
export class Fan {
  readonly #pipeline: Pipeline;
  readonly #stuckMs: number;
  readonly #encoded: Element;
  readonly #tap: Element;
  readonly #queue: Element;
  readonly #sent: Element;
  readonly #tee: Element;
  readonly #pads = new Map<Element, { tee: Element; pad: Pad }>();
  readonly #meter = new RateMeter();
  #stuckSince = performance.now();
  #lastSent = -1;

  constructor(pipeline: Pipeline, name: 'video' | 'audio', stuckMs = STUCK_MS) {
    this.#pipeline = pipeline;
    this.#stuckMs = stuckMs;
    this.#encoded = element(pipeline, `${name}-encoded`);
    this.#tap = element(pipeline, `${name}-tap`);
    this.#queue = element(pipeline, `${name}-queue`);
    this.#sent = element(pipeline, `${name}-sent`);
    this.#tee = element(pipeline, `${name}-fan`);
  }

  /** Adds a viewer's proxysink. */
  attach(sink: Element): void {
    this.#add(this.#tee, sink);
  }

  /** Adds the proxysink of a consumer that has a thread of its own, here or at another tee of the pipeline. */
  tap(sink: Element, tee = this.#tap): void {
    this.#add(tee, sink);
  }

  /** Takes a proxysink out again, after the pipeline behind it has stopped. */
  detach(sink: Element): void {
    const added = this.#pads.get(sink);
    if (!added) return;
    this.#pads.delete(sink);
    added.tee.releaseRequestPad(added.pad);
    sink.setState(Gst.State.NULL);
    this.#pipeline.remove(sink);
  }

  detachAll(): void {
    for (const sink of [...this.#pads.keys()]) this.detach(sink);
  }

  /**
   * Asks whatever encodes, wherever it is, for a picture that needs no other. Not for headers too: a publisher would be
   * sent a FIR instead of a PLI, which not all know, and parsers and payloaders put headers before keyframes anyway.
   */
  requestKeyframe(): void {
    pad(this.#sent, 'src').sendEvent(GstVideo.videoEventNewUpstreamForceKeyUnit(Gst.CLOCK_TIME_NONE, false, 0));
  }

  /** An event for what is upstream. */
  sendUpstream(event: unknown): void {
    pad(this.#encoded, 'src').sendEvent(event);
  }

  /** Pictures or packets that have come so far. */
  count(): number {
    return passed(this.#encoded).buffers;
  }

  /** Pictures a second and bit/s since the last call. */
  rates(): { fps: number; bitrate: number } {
    return this.#meter.take(passed(this.#encoded));
  }

  /** Of the stream; null until it flows. */
  caps(): Caps | null {
    return pad(this.#encoded, 'src').getCurrentCaps();
  }

  /** One thread sends to all viewers. Nothing in it should block; if something does, only a new process helps. */
  isStuck(): boolean {
    const sent = passed(this.#sent).buffers;
    // Not by how far it is behind: what the queue had to drop, as in a burst of what was late, is never sent.
    const waiting = this.#queue.currentLevelBuffers as number;
    const now = performance.now();
    if (sent !== this.#lastSent || waiting === 0) this.#stuckSince = now;
    this.#lastSent = sent;
    return now - this.#stuckSince > this.#stuckMs;
  }

  #add(tee: Element, sink: Element): void {
    const source = tee.requestPadSimple('src_%u');
    if (!source) throw new Error('the tee gave no pad');
    this.#pipeline.add(sink);
    sink.syncStateWithParent();
    source.link(pad(sink, 'sink'));
    this.#pads.set(sink, { tee, pad: source });
  }
}
