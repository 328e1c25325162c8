import { KeyframeThrottle } from '../../domain/keyframe-throttle.js';
import { type Element, Gst, type Pipeline, type Sample } from '../../gst/native.js';
import { closePipeline, drainBus, type ElementError, element, parseLaunch, shareClock } from '../../gst/pipeline.js';
import { Tee } from '../../gst/tee.js';
import type { VideoFacts } from '../../messages/camera-worker.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import type { KeyframeMethod } from './encoders.js';
import { Fanout } from './fanout.js';
import { firstFrame } from './first-frame.js';
import { videoFacts } from './video-facts.js';

/** The state of a running pipeline. */
export interface PipelineStatus {
  /** Why it failed or ended; null while it runs. */
  failed: ElementError | string | null;
  /** A segment was played to its end (see FileLoop). */
  segmentDone: boolean;
}

/**
 * A pipeline that ends in a fanout of video and optionally one of audio, on the clock that viewers' pipelines share.
 */
export class StreamPipeline {
  readonly codec: VideoCodecName;
  /** ns of the pipeline clock at running time 0; viewers' pipelines use it too. */
  readonly baseTime: bigint;
  readonly video: Fanout;
  readonly audio: Fanout | null;
  /** Its frames before encoding; null if they arrive encoded. */
  readonly raw: Tee | null;
  readonly pipeline: Pipeline;
  #idleSince = performance.now();
  #lastCount = -1;

  #throttle = new KeyframeThrottle({ spacingMs: 0 });
  readonly #keyframe: KeyframeMethod | (() => void);

  /**
   * Builds it; `play` starts it.
   * @param keyframe how a keyframe is requested; a function for an encoder that events do not reach
   * @throws PipelineError if an element is missing
   */
  constructor(
    codec: VideoCodecName,
    line: string,
    baseTime: bigint,
    keyframe: KeyframeMethod | (() => void) = 'event',
  ) {
    this.codec = codec;
    this.#keyframe = keyframe;
    this.pipeline = parseLaunch(line);
    this.video = new Fanout(this.pipeline, 'video');
    this.audio = this.pipeline.getByName('audio-fanout') ? new Fanout(this.pipeline, 'audio') : null;
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

  /** Checks the bus and the fanouts. @throws Error if a thread is stuck, which only a new process helps */
  check(): PipelineStatus {
    if (this.#throttle.due(performance.now())) this.#makeKeyframe();
    const { error, eos, segmentDone } = drainBus(this.pipeline);
    if (this.video.isStuck() || this.audio?.isStuck()) throw new Error('the thread that serves the viewers is stuck');
    return { failed: error ?? (eos || this.video.hasEnded() ? 'it ended' : null), segmentDone };
  }

  /** Waits for the first frame. See firstFrame. */
  firstFrame(timeoutMs: number, keepWaiting: () => boolean): ReturnType<typeof firstFrame> {
    return firstFrame({ count: () => this.video.count(), timeoutMs, keepWaiting });
  }

  /** Requests a keyframe. An encoder that takes no events does not space its keyframes by itself. */
  requestKeyframe(): void {
    if (this.#keyframe === 'event' || this.#throttle.request(performance.now())) this.#makeKeyframe();
  }

  #makeKeyframe(): void {
    if (typeof this.#keyframe === 'function') this.#keyframe();
    else if (this.#keyframe === 'event') this.video.requestKeyframe();
    else this.element('encoder').emit(this.#keyframe);
  }

  /** Whether viewers' requests reach the encoder without help, as upstream events. */
  get forwardsKeyframeRequests(): boolean {
    return this.#keyframe === 'event';
  }

  /** The last frame before encoding; null if there is none, or if frames arrive encoded. */
  lastFrame(): Sample | null {
    return (this.pipeline.getByName('last')?.lastSample as Sample | null | undefined) ?? null;
  }

  /** ms since the last frame, as seen by calls of this. */
  idleMs(): number {
    const now = performance.now();
    const count = this.video.count();
    if (count !== this.#lastCount) this.#idleSince = now;
    this.#lastCount = count;
    return now - this.#idleSince;
  }

  /**
   * Spaces keyframes on request: at most one per so many ms; 0 for no limit. Has no effect on a stream that is passed
   * through.
   */
  limitKeyframes(ms: number): void {
    this.#throttle = new KeyframeThrottle({ spacingMs: ms });
    const encoder = this.pipeline.getByName('encoder');
    if (encoder && 'minForceKeyUnitInterval' in encoder) encoder.minForceKeyUnitInterval = ms * 1_000_000;
  }

  facts(): VideoFacts | null {
    return videoFacts(this.codec, this.video.caps());
  }

  /** Stops at once and detaches everything. */
  close(): void {
    this.video.detachAll();
    this.audio?.detachAll();
    this.raw?.clear();
    closePipeline(this.pipeline);
  }
}
