import { passed, RateMeter, rendered } from '../../gst/meter.js';
import { type Caps, type Element, Gst, GstVideo, type Pipeline } from '../../gst/native.js';
import { element, hasEnded, make, pad } from '../../gst/pipeline.js';
import { Tee } from '../../gst/tee.js';

/** Pictures: more than a queue takes, so that none is let through. */
const HELD = 1_000_000;
/** The thread that serves the viewers may be held up for so long before it counts as stuck. */
const STUCK_MS = 3000;

/** The end of a stream, where viewers are added and taken away; see describeFan for its elements. */
export class Fanout {
  /** For consumers that have a thread of their own. */
  readonly branches: Tee;
  readonly #stuckMs: number;
  readonly #encoded: Element;
  readonly #queue: Element;
  readonly #sent: Element;
  readonly #viewers: Tee;
  readonly #meter = new RateMeter();
  readonly #keyframes: Element | null;
  #movedAt = performance.now();
  #overrun = 0;
  #missedBefore = 0;
  #stuckSince = performance.now();
  #lastSent = -1;
  #isPaused = false;

  constructor(pipeline: Pipeline, name: string, stuckMs = STUCK_MS) {
    this.#stuckMs = stuckMs;
    // An end of stream is let through when all pads have had it, and this one never does: it would end the viewers'
    // RTP sessions, which are to go on with another stream.
    element(pipeline, `${name}-gate`).requestPadSimple('sink_%u');
    this.#encoded = element(pipeline, `${name}-encoded`);
    this.branches = new Tee(pipeline, element(pipeline, `${name}-tap`));
    this.#queue = element(pipeline, `${name}-queue`);
    this.#sent = element(pipeline, `${name}-sent`);
    this.#viewers = new Tee(pipeline, element(pipeline, `${name}-fan`));
    this.#keyframes = name === 'video' ? countKeyframes(pipeline, this.branches) : null;
  }

  /** Adds a viewer's proxysink. */
  attach(sink: Element): void {
    this.#viewers.add(sink);
  }

  /** Takes a proxysink out again, after the pipeline behind it has stopped. */
  detach(sink: Element): void {
    this.#viewers.remove(sink);
  }

  /**
   * Holds back what comes, until `letGo`: whoever is attached by then gets all from the first picture on. For a moment
   * only: the queue takes a second of video.
   */
  pause(): void {
    this.#isPaused = true;
    this.#queue.minThresholdBuffers = HELD;
  }

  resume(): void {
    // What did not fit in while it was held is nobody's loss.
    if (this.#isPaused) this.#missedBefore += Math.max(0, this.#missing());
    this.#isPaused = false;
    this.#queue.minThresholdBuffers = 0;
  }

  detachAll(): void {
    this.#viewers.clear();
    this.branches.clear();
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

  /** Whether the stream has said that it is over. */
  hasEnded(): boolean {
    return hasEnded(pad(this.#encoded, 'src'));
  }

  /** Pictures or packets that have come so far. */
  count(): number {
    return this.came().buffers;
  }

  /** The same, and how many bytes they had. */
  came(): { buffers: number; bytes: number } {
    return passed(this.#encoded);
  }

  /** Keyframes that have come so far; 0 of sound. */
  keyframes(): number {
    return this.#keyframes ? rendered(this.#keyframes) : 0;
  }

  /** What has come and gone since the stream began; `overrun`: what the queue had to leave out. */
  totals(): { encoded: number; sent: number; keyframes: number; overrun: number } {
    // A picture on its way from the queue to the thread's first element is in neither: hardly so twice in a row.
    if (!this.#isPaused) this.#overrun = Math.max(this.#overrun, Math.min(this.#missing(), this.#missing()));
    return {
      encoded: this.count(),
      sent: passed(this.#sent).buffers,
      keyframes: this.keyframes(),
      overrun: this.#overrun,
    };
  }

  /** Of those that have come, what is neither waiting nor sent. */
  #missing(): number {
    // In this order: what goes on meanwhile is not taken for missing.
    const encoded = this.count();
    const waiting = this.#queue.currentLevelBuffers as number;
    return encoded - waiting - passed(this.#sent).buffers - this.#missedBefore;
  }

  #note(): void {
    const sent = passed(this.#sent).buffers;
    if (sent !== this.#lastSent) this.#movedAt = performance.now();
    this.#lastSent = sent;
  }

  /** performance.now() at which something was last seen to be handed on to the viewers. */
  sentAt(): number {
    this.#note();
    return this.#movedAt;
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
    this.#note();
    // Not by how far it is behind: what the queue had to drop, as in a burst of what was late, is never sent.
    const waiting = this.#queue.currentLevelBuffers as number;
    const now = performance.now();
    if (waiting === 0 || this.#isPaused) this.#stuckSince = now;
    return now - Math.max(this.#stuckSince, this.#movedAt) > this.#stuckMs;
  }
}

/**
 * What counts keyframes, in GStreamer's own threads: behind an element that lets nothing else through. Parsers, encoders and
 * depayloaders mark each other picture as one that needs another.
 */
function countKeyframes(pipeline: Pipeline, from: Tee): Element {
  const [filter, counter] = [make('identity'), make('fakesink')];
  Object.assign(filter, { silent: true, dropBufferFlags: Gst.BufferFlags.DELTA_UNIT });
  Object.assign(counter, { sync: false, async: false, enableLastSample: false });
  pipeline.add(counter);
  from.add(filter);
  pad(filter, 'src').link(pad(counter, 'sink'));
  return counter;
}
