import { Gst } from '../../gst/native.js';
import type { EncoderChoice } from '../encoding/encoder-choice.js';
import { Output } from '../encoding/output.js';
import { asFailure, type CameraFailure } from '../failure.js';
import { Capture } from '../sources/capture.js';
import { Inspection } from '../sources/inspection.js';
import type { Config, Opened } from '../sources/opening.js';
import type { PassthroughDecision } from '../sources/passthrough-decision.js';
import { Publication } from '../sources/publication.js';
import type { RtpReceiverEvents } from '../sources/rtp-receiver.js';
import { SourceOpening } from '../sources/source-opening.js';
import type { CameraEvent, CameraState, Effect } from './camera-state.js';
import { type Deferred, deferred } from './deferred.js';

export type MediaEffect = Extract<
  Effect,
  {
    do:
      | 'open-output'
      | 'close-output'
      | 'open-source'
      | 'cancel-opening'
      | 'show-source'
      | 'close-source'
      | 'show-publisher'
      | 'show-placeholder';
  }
>;

export interface CameraMediaOptions {
  config(): Config;
  passthroughDecision(): PassthroughDecision;
  state(): CameraState;
  /** Null while nobody publishes. */
  publication(): Publication | null;
  encoders: EncoderChoice;
  /** For a source that another process of this server forwards. */
  receiver: RtpReceiverEvents;
  dispatch(event: CameraEvent): void;
  /** Something was shown or closed. */
  changed(): void;
  /** The VP8 rendition failed. */
  vp8Failed(failure: CameraFailure): void;
}

/** The pipelines while the camera is not closed. */
export interface OpenOutput {
  readonly output: Output;
  /** ns of the pipeline clock at running time 0. */
  readonly baseTime: bigint;
  /** Resolves when viewers can be attached, possibly before the first frame; rejects if the camera closes before. */
  readonly shown: Deferred<void>;
  /** Resolves with the first frame; rejects if the camera closes before. */
  readonly live: Deferred<void>;
  readonly inspection: Inspection;
}

interface Attempt {
  readonly opening: SourceOpening;
  opened: Opened | null;
  /** It was shown before its first frame, as nothing else was. */
  isShown: boolean;
}

/** The pipelines of a camera, except its publisher's: runs the effects on them, and dispatches their events. */
export class CameraMedia {
  readonly #options: CameraMediaOptions;
  #open: OpenOutput | null = null;
  #attempt: Attempt | null = null;
  #opened: Opened | null = null;
  /** The replaced source, which is sent until the first frame of the new one is encoded. */
  #leaving: Opened | null = null;
  /** The last frame count of the live source or publication. */
  #seen = 0;
  #hasBFrames = false;

  constructor(options: CameraMediaOptions) {
    this.#options = options;
  }

  /** Null while the camera is closed. */
  get open(): OpenOutput | null {
    return this.#open;
  }

  /** The source, live or draining. */
  get opened(): Opened | null {
    return this.#opened;
  }

  /** Whether the stream has B-frames: decoding order differs from presentation order. */
  get hasBFrames(): boolean {
    return this.#hasBFrames;
  }

  run(effect: MediaEffect): void {
    switch (effect.do) {
      case 'open-output':
        this.#open = this.#openOutput(this.#options.publication()?.stream.baseTime ?? runningTimeZero());
        break;
      case 'close-output':
        this.#closeOutput(effect.failure);
        break;
      case 'open-source':
        this.#openSource(effect.attempt);
        break;
      case 'cancel-opening':
        this.#attempt?.opening.cancel();
        this.#attempt?.opened?.source.close();
        this.#attempt = null;
        break;
      case 'show-source':
        this.#showSource();
        break;
      case 'close-source':
        this.#opened?.source.close();
        this.#opened = null;
        this.#open?.output.forgetFrame();
        break;
      case 'show-publisher':
        this.#showPublisher();
        break;
      case 'show-placeholder':
        void this.#showPlaceholder(effect.title, effect.since);
    }
  }

  /** Applies other settings to the running pipelines, as far as they can change. */
  change(config: Config): void {
    this.#open?.output.change(config);
    if (this.#opened?.source instanceof Capture) this.#opened.source.limitRate(config.framerate);
  }

  /** Checks the running pipelines. @throws Error if a thread is stuck, which only a new process helps */
  check(): void {
    this.#open?.output.check();
    const failure = this.#options.state().source === 'open' ? this.#opened?.source.check() : null;
    this.noteFrames();
    if (failure) this.#options.dispatch({ type: 'source-failed', failure });
  }

  noteFrames(): void {
    const isPublished = this.#options.state().publisher?.isLive;
    const current = isPublished ? this.#options.publication() : this.#opened?.source;
    const count = current?.count() ?? this.#seen;
    if (count === this.#seen) return;
    this.#seen = count;
    this.#options.dispatch({ type: 'frames', at: performance.now() });
  }

  #openOutput(baseTime: bigint): OpenOutput {
    const { encoders, config, changed, vp8Failed, dispatch } = this.#options;
    const inspection = new Inspection(
      () => open.output.stream,
      reordered => this.#inspected(reordered),
    );
    const open: OpenOutput = {
      baseTime,
      shown: deferred(),
      live: deferred(),
      inspection,
      output: new Output({
        settings: config(),
        encoders,
        baseTime,
        onChange: () => {
          if (this.#open !== open) return;
          this.#hasBFrames = false;
          inspection.begin();
          changed();
        },
        onFailure: failure => {
          if (this.#open === open) dispatch({ type: 'output-failed', failure });
        },
        onVp8Failure: failure => vp8Failed(failure),
      }),
    };
    return open;
  }

  #closeOutput(failure: CameraFailure): void {
    const open = this.#open;
    this.#open = null;
    this.#leaving = null;
    this.#hasBFrames = false;
    open?.inspection.close();
    open?.shown.reject(failure);
    open?.live.reject(failure);
    open?.output.close();
  }

  #openSource(attempt: number): void {
    const open = this.#open;
    if (!open) return;
    // It may have the same device open.
    this.#closeLeaving();
    const { config, passthroughDecision, receiver, state, dispatch } = this.#options;
    const opening = new SourceOpening({
      config: config(),
      device: config().device,
      decision: passthroughDecision(),
      baseTime: open.baseTime,
      receiver,
      show: source => {
        // Nothing is shown yet: the encoder starts along with the source.
        if (state().phase !== 'opening') return false;
        show(open, source);
        current.isShown = true;
        return true;
      },
      sent: isWanted => open.output.firstFrame(isWanted),
    });
    const current: Attempt = { opening, opened: null, isShown: false };
    this.#attempt = current;
    opening.done.then(
      opened => {
        current.opened = opened;
        if (this.#attempt === current) dispatch({ type: 'opened', attempt });
        else opened.source.close();
      },
      (failure: CameraFailure) => dispatch({ type: 'open-failed', attempt, failure }),
    );
  }

  #showSource(): void {
    const { opened, isShown = false } = this.#attempt ?? {};
    this.#attempt = null;
    if (!opened || !this.#open) return;
    const before = this.#opened;
    this.#opened = opened;
    // The configuration may have changed since the attempt began.
    if (opened.source instanceof Capture) opened.source.limitRate(this.#options.config().framerate);
    this.#makeLive(this.#open, opened.source, isShown);
    if (before?.source instanceof Capture) before.source.close();
    // Other sources are closed by their channel, once it has switched.
    else this.#leaving = before;
  }

  #closeLeaving(): void {
    this.#leaving?.source.close();
    this.#leaving = null;
  }

  #showPublisher(): void {
    const publication = this.#options.publication();
    if (publication && this.#open) this.#makeLive(this.#open, publication, false);
  }

  #makeLive(open: OpenOutput, source: Opened['source'] | Publication, isShown: boolean): void {
    this.#seen = source.count();
    try {
      if (!isShown) show(open, source);
    } catch (error) {
      this.#options.dispatch({ type: 'output-failed', failure: asFailure(error, 'The camera cannot be sent') });
      return;
    }
    open.live.resolve();
    open.inspection.begin();
  }

  async #showPlaceholder(title: string, since: number): Promise<void> {
    const open = this.#open;
    let isShown = true;
    try {
      isShown = (await open?.output.showPlaceholder(title, since)) ?? false;
    } catch (error) {
      const failure = asFailure(error, 'The placeholder cannot be shown');
      if (this.#open === open) this.#options.dispatch({ type: 'output-failed', failure });
    }
    // Until now the lost source's remaining frames were shown.
    if (this.#open === open && isShown) this.#options.dispatch({ type: 'placeholder-shown' });
  }

  #inspected(reordered: boolean): void {
    if (reordered === this.#hasBFrames) return;
    this.#hasBFrames = reordered;
    // A stream with B-frames is unsuitable for passthrough, and is encoded from now on.
    if (
      reordered &&
      this.#open?.output.encoder === null &&
      this.#options.passthroughDecision().refuse('it has B-frames')
    )
      this.#options.dispatch({ type: 'passthrough-refused' });
    this.#options.changed();
  }
}

/** ns of the pipeline clock. */
export const runningTimeZero = (): bigint => Gst.SystemClock.obtain().getTime();

function show({ output, shown }: OpenOutput, source: Opened['source'] | Publication): void {
  if (source instanceof Capture) output.showFrames(source.tee);
  // A publisher's connection stays open while a placeholder is shown; its session closes it.
  else if (source instanceof Publication) output.showStream({ stream: source.stream, close: () => undefined });
  else output.showStream(source);
  shown.resolve();
}
