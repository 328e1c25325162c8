import { passed, RateMeter, rendered } from '../../gst/meter.js';
import { type Caps, type Element, Gst, GstVideo, type Pipeline } from '../../gst/native.js';
import { element, hasEnded, make, pad } from '../../gst/pipeline.js';
import { Tee } from '../../gst/tee.js';

/** Frames: more than a queue takes, so that none leaves it. */
const PAUSED_THRESHOLD = 1_000_000;
/** How long the thread that serves the viewers may block before it counts as stuck. */
const STUCK_MS = 3000;

/** The end of a stream, where viewers attach; see describeFanout for its elements. */
export class Fanout {
  /** For consumers with their own thread. */
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
    // The funnel forwards EOS when all its pads have had it, and this pad never does: EOS would end the viewers' RTP
    // sessions, which continue with another stream.
    element(pipeline, `${name}-gate`).requestPadSimple('sink_%u');
    this.#encoded = element(pipeline, `${name}-encoded`);
    this.branches = new Tee(pipeline, element(pipeline, `${name}-tap`));
    this.#queue = element(pipeline, `${name}-queue`);
    this.#sent = element(pipeline, `${name}-sent`);
    this.#viewers = new Tee(pipeline, element(pipeline, `${name}-fanout`));
    this.#keyframes = name === 'video' ? countKeyframes(pipeline, this.branches) : null;
  }

  /** Adds a viewer's proxysink. */
  attach(sink: Element): void {
    this.#viewers.add(sink);
  }

  /** Removes a proxysink, after the pipeline behind it has stopped. */
  detach(sink: Element): void {
    this.#viewers.remove(sink);
  }

  /**
   * Queues frames until `resume`: viewers that are attached by then get them from the first on. For a short time only:
   * the queue takes a second of video.
   */
  pause(): void {
    this.#isPaused = true;
    this.#queue.minThresholdBuffers = PAUSED_THRESHOLD;
  }

  resume(): void {
    // What the queue dropped while paused is not counted as overrun.
    if (this.#isPaused) this.#missedBefore += Math.max(0, this.#missing());
    this.#isPaused = false;
    this.#queue.minThresholdBuffers = 0;
  }

  detachAll(): void {
    this.#viewers.clear();
    this.branches.clear();
  }

  /**
   * Requests a keyframe from the encoder, local or remote. Without all-headers: that would send a publisher FIR instead
   * of PLI, which not all support, and parsers insert SPS and PPS before keyframes anyway.
   */
  requestKeyframe(): void {
    pad(this.#sent, 'src').sendEvent(GstVideo.videoEventNewUpstreamForceKeyUnit(Gst.CLOCK_TIME_NONE, false, 0));
  }

  /** Sends an event upstream. */
  sendUpstream(event: unknown): void {
    pad(this.#encoded, 'src').sendEvent(event);
  }

  /** Whether the stream had EOS. */
  hasEnded(): boolean {
    return hasEnded(pad(this.#encoded, 'src'));
  }

  /** Frames or audio packets so far. */
  count(): number {
    return this.received().buffers;
  }

  /** Frames or audio packets so far, and their bytes. */
  received(): { buffers: number; bytes: number } {
    return passed(this.#encoded);
  }

  /** Keyframes so far; 0 for audio. */
  keyframes(): number {
    return this.#keyframes ? rendered(this.#keyframes) : 0;
  }

  /** Totals since the stream began; `overrun`: frames that the queue dropped. */
  totals(): { encoded: number; sent: number; keyframes: number; overrun: number } {
    // A frame between the queue and the next element is in neither count, but hardly ever in two consecutive readings.
    if (!this.#isPaused) this.#overrun = Math.max(this.#overrun, Math.min(this.#missing(), this.#missing()));
    return {
      encoded: this.count(),
      sent: passed(this.#sent).buffers,
      keyframes: this.keyframes(),
      overrun: this.#overrun,
    };
  }

  /** Frames that are neither queued nor sent. */
  #missing(): number {
    // Read in this order: frames that move between the readings do not count as missing.
    const encoded = this.count();
    const waiting = this.#queue.currentLevelBuffers as number;
    return encoded - waiting - passed(this.#sent).buffers - this.#missedBefore;
  }

  #noteSent(): void {
    const sent = passed(this.#sent).buffers;
    if (sent !== this.#lastSent) this.#movedAt = performance.now();
    this.#lastSent = sent;
  }

  /** performance.now() when a poll last saw something sent to the viewers. */
  sentAt(): number {
    this.#noteSent();
    return this.#movedAt;
  }

  /** Frames per second and bit/s since the last call. */
  rates(): { fps: number; bitrate: number } {
    return this.#meter.take(passed(this.#encoded));
  }

  /** The caps of the stream; null before its first buffer. */
  caps(): Caps | null {
    return pad(this.#encoded, 'src').getCurrentCaps();
  }

  /** One thread sends to all viewers. Nothing in it may block; if something does, only a new process helps. */
  isStuck(): boolean {
    this.#noteSent();
    // Not measured by the backlog: frames that the queue drops, as in a burst of late ones, are never sent.
    const waiting = this.#queue.currentLevelBuffers as number;
    const now = performance.now();
    if (waiting === 0 || this.#isPaused) this.#stuckSince = now;
    return now - Math.max(this.#stuckSince, this.#movedAt) > this.#stuckMs;
  }
}

/**
 * Counts keyframes in GStreamer's own threads: a fakesink behind an identity that drops all other frames. Parsers,
 * encoders and depayloaders flag those as DELTA_UNIT.
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
