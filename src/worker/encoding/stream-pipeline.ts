import { KeyframeThrottle } from '../../domain/keyframe-throttle.js';
import { type Element, Gst, type Pipeline, type Sample } from '../../gst/native.js';
import { closePipeline, drainBus, type ElementError, element, parseLaunch, shareClock } from '../../gst/pipeline.js';
import { Tee } from '../../gst/tee.js';
import type { VideoFacts } from '../../messages/camera-worker.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import type { KeyframeWay } from './encoders.js';
import { Fanout } from './fanout.js';
import { firstFrame } from './first-frame.js';
import { videoFacts } from './video-facts.js';

/** What a look at a running pipeline found. */
export interface Finding {
  /** Why it cannot go on; null while it can. */
  failed: ElementError | string | null;
  /** A segment was played to its end (see OpenCamera). */
  segmentDone: boolean;
}

/** A pipeline that ends in a fan of video, and perhaps one of sound, on the clock that viewers' pipelines share. */
export class StreamPipeline {
  readonly codec: VideoCodecName;
  /** ns of the pipeline clock at running time 0; viewers' pipelines take it over. */
  readonly baseTime: bigint;
  readonly video: Fanout;
  readonly audio: Fanout | null;
  /** Its pictures before they are encoded; null where they come encoded. */
  readonly raw: Tee | null;
  readonly pipeline: Pipeline;
  #silentSince = performance.now();
  #lastCount = -1;

  #throttle = new KeyframeThrottle({ spacingMs: 0 });
  readonly #keyframe: KeyframeWay | (() => void);

  /**
   * Builds it; it plays when it is told to.
   * @param keyframe how its encoder is asked for one; a function for one that is out of reach of events
   * @throws PipelineError if an element is missing
   */
  constructor(codec: VideoCodecName, line: string, baseTime: bigint, keyframe: KeyframeWay | (() => void) = 'event') {
    this.codec = codec;
    this.#keyframe = keyframe;
    this.pipeline = parseLaunch(line);
    this.video = new Fanout(this.pipeline, 'video');
    this.audio = this.pipeline.getByName('audio-fan') ? new Fanout(this.pipeline, 'audio') : null;
    const raw = this.pipeline.getByName('raw');
    this.raw = raw && new Tee(this.pipeline, raw);
    this.baseTime = baseTime;
    shareClock(this.pipeline, baseTime);
  }

  element(name: string): Element {
    return element(this.pipeline, name);
  }

  play(): void {
    this.pipeline.setState(Gst.State.PLAYING);
  }

  /** Whether it goes on. @throws Error if a thread of it is stuck, which only a new process helps */
  check(): Finding {
    if (this.#throttle.due(performance.now())) this.#makeKeyframe();
    const { error, eos, segmentDone } = drainBus(this.pipeline);
    if (this.video.isStuck() || this.audio?.isStuck()) throw new Error('the thread that serves the viewers is stuck');
    return { failed: error ?? (eos || this.video.hasEnded() ? 'it ended' : null), segmentDone };
  }

  /** Waits for the first frame. See firstFrame. */
  firstFrame(timeoutMs: number, goesOn: () => boolean): ReturnType<typeof firstFrame> {
    return firstFrame({ count: () => this.video.count(), timeoutMs: timeoutMs, goesOn });
  }

  /** Asks for a frame that needs no other. An encoder that is not told by events does not space its keyframes by itself. */
  requestKeyframe(): void {
    if (this.#keyframe === 'event' || this.#throttle.request(performance.now())) this.#makeKeyframe();
  }

  #makeKeyframe(): void {
    if (typeof this.#keyframe === 'function') this.#keyframe();
    else if (this.#keyframe === 'event') this.video.requestKeyframe();
    else this.element('encoder').emit(this.#keyframe);
  }

  /** Whether viewers' requests reach the encoder by themselves, as events. */
  get forwardsKeyframeRequests(): boolean {
    return this.#keyframe === 'event';
  }

  /** The last picture before it is encoded; null where there is none, or where it comes encoded. */
  lastFrame(): Sample | null {
    return (this.pipeline.getByName('last')?.lastSample as Sample | null | undefined) ?? null;
  }

  /** ms without a picture. */
  silence(): number {
    const now = performance.now();
    const count = this.video.count();
    if (count !== this.#lastCount) this.#silentSince = now;
    this.#lastCount = count;
    return now - this.#silentSince;
  }

  /**
   * Makes at most one keyframe in so many ms on request; 0 makes each that is asked for. Nothing happens where the
   * stream is passed through.
   */
  limitKeyframes(ms: number): void {
    this.#throttle = new KeyframeThrottle({ spacingMs: ms });
    const encoder = this.pipeline.getByName('encoder');
    if (encoder && 'minForceKeyUnitInterval' in encoder) encoder.minForceKeyUnitInterval = ms * 1_000_000;
  }

  facts(): VideoFacts | null {
    return videoFacts(this.codec, this.video.caps());
  }

  /** Stops at once; whoever is attached is let go. */
  close(): void {
    this.video.detachAll();
    this.audio?.detachAll();
    this.raw?.clear();
    closePipeline(this.pipeline);
  }
}
