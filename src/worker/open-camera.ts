import type { Source } from '../domain/source.js';
import { passed, RateMeter } from '../gst/meter.js';
import { type Element, Gst, GstVideo, type Pad, type Pipeline } from '../gst/native.js';
import { closePipeline, drainBus, element, parseLaunch } from '../gst/pipeline.js';
import type { VideoFacts } from '../media/messages.js';
import { type CameraFailure, explain } from './failure.js';
import { type CameraFormat, describeCamera, sourceProperty } from './launch.js';
import { videoFacts } from './video-facts.js';

const FIRST_FRAME_POLL_MS = 5;
const SUPERVISE_MS = 100;
/** A camera that brings nothing for so long has failed, whatever its driver says. */
const SILENT_MS = 5000;
/** The fan-out thread may be held up for so long before it counts as stuck. */
const STUCK_MS = 3000;

export interface OpenCameraOptions {
  source: Source;
  format: CameraFormat;
  /** From describeEncoder; null passes the source's H.264 on. */
  encoder: string | null;
  /** For a device or a network camera to bring its first picture. */
  firstFrameMs: number;
  onFailure: (failure: CameraFailure) => void;
}

/** A camera's pipeline from its opening to its end. Made new each time: GStreamer's sources do not all open twice. */
export class OpenCamera {
  /** ns of the pipeline clock at running time 0; viewers' pipelines take it over. */
  readonly baseTime: bigint;
  readonly #options: OpenCameraOptions;
  readonly #pipeline: Pipeline;
  readonly #encoded: Element;
  readonly #sent: Element;
  readonly #fan: Element;
  readonly #meter = new RateMeter();
  readonly #pads = new Map<Element, Pad>();
  #supervisor: NodeJS.Timeout | null = null;
  #stuckSince = 0;
  #lastSent = -1;
  #silentSince = 0;
  #lastEncoded = -1;
  #closed = false;

  /** Builds and starts it. @throws PipelineError if an element is missing */
  constructor(options: OpenCameraOptions) {
    this.#options = options;
    const { source, format, encoder } = options;
    const pipeline = parseLaunch(describeCamera(source, format, encoder));
    const property = sourceProperty(source);
    if (property) element(pipeline, 'source')[property[0]] = property[1];
    this.#pipeline = pipeline;
    this.#encoded = element(pipeline, 'encoded');
    this.#sent = element(pipeline, 'sent');
    this.#fan = element(pipeline, 'fan');
    const clock = Gst.SystemClock.obtain();
    pipeline.useClock(clock);
    pipeline.setStartTime(Gst.CLOCK_TIME_NONE);
    this.baseTime = clock.getTime();
    pipeline.setBaseTime(this.baseTime);
    // A file waits in PAUSED to be told to play in segments (see #loop), so that it can start again without a gap.
    pipeline.setState(source.type === 'file' ? Gst.State.PAUSED : Gst.State.PLAYING);
  }

  /** Resolves when the first encoded picture is there; rejects with a CameraFailure. */
  async firstFrame(): Promise<void> {
    const until = performance.now() + this.#options.firstFrameMs;
    let looping = this.#options.source.type !== 'file';
    while (!this.#closed) {
      const { error, eos, segmentDone } = drainBus(this.#pipeline);
      if (error) throw explain(this.#options.source, error);
      if (eos) throw explain(this.#options.source, 'it ended before its first picture');
      // A short file is read to its end before its first picture is due.
      if (looping && segmentDone) this.#loop(0);
      if (!looping && element(this.#pipeline, 'ahead').currentLevelBuffers !== 0) {
        looping = true;
        this.#loop(Gst.SeekFlags.FLUSH);
        this.#pipeline.setBaseTime(Gst.SystemClock.obtain().getTime());
        this.#pipeline.setState(Gst.State.PLAYING);
      }
      if (passed(this.#encoded).buffers > 0) {
        this.#supervise();
        return;
      }
      if (performance.now() > until)
        throw explain(this.#options.source, `it brought no picture within ${this.#options.firstFrameMs / 1000} s`);
      await new Promise(resolve => setTimeout(resolve, FIRST_FRAME_POLL_MS));
    }
    throw explain(this.#options.source, 'it was closed before its first picture');
  }

  /** Adds a viewer's proxysink. Its first picture is the keyframe that is asked for here. */
  attach(sink: Element): void {
    const pad = this.#fan.requestPadSimple('src_%u');
    const to = sink.getStaticPad('sink');
    if (!pad || !to) throw new Error('the tee gave no pad');
    this.#pipeline.add(sink);
    sink.syncStateWithParent();
    pad.link(to);
    this.#pads.set(sink, pad);
    this.requestKeyframe();
  }

  /** Takes a viewer's proxysink out again, after the viewer's own pipeline has stopped. */
  detach(sink: Element): void {
    const pad = this.#pads.get(sink);
    if (!pad) return;
    this.#pads.delete(sink);
    this.#fan.releaseRequestPad(pad);
    sink.setState(Gst.State.NULL);
    this.#pipeline.remove(sink);
  }

  requestKeyframe(): void {
    this.#sent.getStaticPad('src')?.sendEvent(GstVideo.videoEventNewUpstreamForceKeyUnit(Gst.CLOCK_TIME_NONE, true, 0));
  }

  /**
   * Makes at most one keyframe in so many ms on request; 0 makes each that is asked for. Nothing happens where the
   * encoder is not a GstVideoEncoder, or the stream is passed through.
   */
  limitKeyframes(ms: number): void {
    const encoder = this.#pipeline.getByName('encoder');
    if (encoder && 'minForceKeyUnitInterval' in encoder) encoder.minForceKeyUnitInterval = ms * 1_000_000;
  }

  /** Pictures a second and bit/s since the last call. */
  rates(): { fps: number; bitrate: number } {
    return this.#meter.take(passed(this.#encoded));
  }

  video(): VideoFacts | null {
    return videoFacts(element(this.#pipeline, 'parse').getStaticPad('src')?.getCurrentCaps() ?? null);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#supervisor) clearInterval(this.#supervisor);
    for (const sink of [...this.#pads.keys()]) this.detach(sink);
    closePipeline(this.#pipeline);
  }

  #supervise(): void {
    this.#supervisor = setInterval(() => {
      const { error, eos, segmentDone } = drainBus(this.#pipeline);
      if (error) this.#fail(explain(this.#options.source, error));
      else if (eos) this.#fail(explain(this.#options.source, 'it ended'));
      else if (this.#isSilent())
        this.#fail(explain(this.#options.source, `it brought no picture for ${SILENT_MS / 1000} s`));
      else if (this.#isStuck()) throw new Error('the thread that serves the viewers is stuck');
      else if (segmentDone) this.#loop(0);
    }, SUPERVISE_MS);
  }

  #fail(failure: CameraFailure): void {
    if (this.#supervisor) clearInterval(this.#supervisor);
    this.#options.onFailure(failure);
  }

  // Plays from the start as a segment: at its end the source says so, and is sent back before the queue behind it has
  // run dry. Without FLUSH running time goes on, so viewers see no jump.
  #loop(flags: number): void {
    const { Event, Format, SeekFlags, SeekType } = Gst;
    const seek = Event.newSeek(1, Format.TIME, SeekFlags.SEGMENT | flags, SeekType.SET, 0, SeekType.NONE, -1);
    // From one pad: a pipeline would send it up from each of its sinks, which the viewers are.
    this.#encoded.getStaticPad('src')?.sendEvent(seek);
  }

  #isSilent(): boolean {
    const encoded = passed(this.#encoded).buffers;
    const now = performance.now();
    if (encoded !== this.#lastEncoded) this.#silentSince = now;
    this.#lastEncoded = encoded;
    return now - this.#silentSince > SILENT_MS;
  }

  // One thread sends to all viewers. Nothing in it should block; if something does, only a new process helps.
  #isStuck(): boolean {
    const sent = passed(this.#sent).buffers;
    const behind = passed(this.#encoded).buffers - sent;
    const now = performance.now();
    if (sent !== this.#lastSent || behind === 0) this.#stuckSince = now;
    this.#lastSent = sent;
    return now - this.#stuckSince > STUCK_MS;
  }
}
