import { Gst } from '../gst/native.js';
import { Capture } from './capture.js';
import type { ChosenMode } from './capture-mode.js';
import type { EncoderChoice } from './encoder-choice.js';
import { CameraFailure, explain } from './failure.js';
import { firstPictureOf } from './first-picture.js';
import type { Inlet, InletEvents } from './inlet.js';
import { Inspection } from './inspection.js';
import { type Config, type Opened, openSource } from './opening.js';
import { Output } from './output.js';
import type { PassedOn } from './passed-on.js';
import { Publication } from './publication.js';
import type { SourceJudge } from './source-judge.js';

export interface ProgrammeEvents {
  /** Its state, or what it is made of, is another. */
  changed(): void;
  /** It cannot go on: whoever is told closes it. */
  failed(failure: CameraFailure): void;
  vp8Failed(failure: CameraFailure): void;
}

export interface ProgrammeOptions {
  config: Config;
  judge: SourceJudge;
  encoders: EncoderChoice;
  events: ProgrammeEvents;
  /** Of a source that another process of this server has. */
  inlet: InletEvents;
}

type Shown = Capture | PassedOn | Inlet | Publication;

const SUPERVISE_MS = 100;
/** While somebody asks how old pictures are each so many ms or more often: a look takes 0.1 ms. And how long after. */
const CLOSELY_MS = 250;
const WATCH_MS = 20;
const WATCHED_MS = 1_000;
const FIRST_FRAME_MS = 8_000;
/** From one attempt to bring a lost camera back to the next; the last goes on. */
const RETRY_MS = [250, 500, 1000, 2000];
const LOST = 'CAMERA LOST';

/**
 * A camera from its opening to its closing: sees to it that its viewers are sent pictures, the camera's while it brings
 * any, else a slate, whatever becomes of the source and of the configuration meanwhile.
 */
export class Programme {
  readonly output: Output;
  /** Resolves when something is on air, though perhaps without its first picture; rejects if nothing ever is. */
  readonly begun: Promise<void>;
  /** Resolves when the first picture is there; rejects with a CameraFailure if none comes. */
  readonly live: Promise<void>;
  /** ns of the pipeline clock at running time 0. */
  readonly baseTime = Gst.SystemClock.obtain().getTime();
  readonly #events: ProgrammeEvents;
  readonly #inlet: InletEvents;
  #config: Config;
  #judge: SourceJudge;
  #state: 'opening' | 'live' | 'lost' = 'opening';
  #problem: CameraFailure | null = null;
  #opened: Opened | null = null;
  #source: Shown | null = null;
  /** What is on air is no longer what is configured, and gives way by then, performance.now(). */
  #outdatedAt: number | null = null;
  /** Pictures of the source, as they were counted last, and as they were when it was looked after last. */
  #seen = -1;
  #count = -1;
  #lastPictureAt = performance.now();
  #attempt = 0;
  #failures = 0;
  #retry: NodeJS.Timeout | null = null;
  #isClosed = false;
  #live: { resolve(): void; reject(failure: CameraFailure): void } = {
    resolve: () => undefined,
    reject: () => undefined,
  };
  readonly #supervisor: NodeJS.Timeout;
  #watcher: NodeJS.Timeout | null = null;
  #watchUntil = 0;
  readonly #inspection = new Inspection(
    () => this.output.stream,
    reordered => this.#inspected(reordered),
  );
  #hasBFrames = false;
  #begin: { resolve(): void; reject(failure: CameraFailure): void } = {
    resolve: () => undefined,
    reject: () => undefined,
  };

  constructor({ config, judge, encoders, events, inlet }: ProgrammeOptions) {
    this.#inlet = inlet;
    this.#config = config;
    this.#judge = judge;
    this.#events = events;
    this.begun = new Promise((resolve, reject) => {
      this.#begin = { resolve, reject };
    });
    this.live = new Promise((resolve, reject) => {
      this.#live = { resolve, reject };
    });
    this.live.catch(() => undefined);
    this.begun.catch(() => undefined);
    this.output = new Output({
      settings: config,
      encoders,
      baseTime: this.baseTime,
      onChange: () => {
        this.#hasBFrames = false;
        this.#inspection.begin();
        events.changed();
      },
      onFailure: failure => events.failed(failure),
      onVp8Failure: failure => events.vp8Failed(failure),
    });
    this.#supervisor = setInterval(() => this.#look(), SUPERVISE_MS);
  }

  get state(): 'opening' | 'live' | 'lost' {
    return this.#state;
  }

  /** Why it is lost. */
  get problem(): CameraFailure | null {
    return this.#problem;
  }

  /** ms since the camera's last picture, while it is lost; else null. */
  lostMs(): number | null {
    return this.#state === 'lost' ? performance.now() - this.#lastPictureAt : null;
  }

  /**
   * performance.now() of the newest picture of the camera that was handed on to viewers, a slate aside; null before the
   * first. It is exact to SUPERVISE_MS, or to WATCH_MS while it is watched closely.
   */
  newestAt(): number | null {
    const { stream } = this.output;
    if (this.#state === 'opening' || !stream) return null;
    this.#notePictures();
    return Math.min(this.#lastPictureAt, stream.video.sentAt());
  }

  /** Somebody asks how old pictures are each so many ms (0: once): if often, new ones are looked for often. */
  watch(everyMs: number): void {
    if (everyMs === 0 || everyMs > CLOSELY_MS) return;
    this.#watchUntil = performance.now() + WATCHED_MS;
    this.#watcher ??= setInterval(() => {
      if (performance.now() > this.#watchUntil) this.#endWatch();
      else this.newestAt();
    }, WATCH_MS);
  }

  #endWatch(): void {
    if (this.#watcher) clearInterval(this.#watcher);
    this.#watcher = null;
  }

  /** Pictures that the source has brought since it was opened; null while there is none. */
  get captured(): number | null {
    return this.#source?.count() ?? null;
  }

  /** Pictures of the source that were left out, as there were more than wanted. */
  get thinned(): number {
    return this.#source instanceof Capture ? this.#source.thinned() : 0;
  }

  /** What a V4L2 camera is set to; null for others. */
  get mode(): ChosenMode | null {
    return this.#opened?.mode ?? null;
  }

  /** Where that is not what is configured, what it is instead. */
  get instead(): string | null {
    return this.#opened?.instead ?? null;
  }

  /** Whether its pictures are sent in another order than they are shown. */
  get hasBFrames(): boolean {
    return this.#hasBFrames;
  }

  /** Opens the configured source. */
  start(): void {
    void this.#open();
  }

  /** Takes on another configuration: what it does not change goes on. */
  change(config: Config, judge: SourceJudge, reopen: 'no' | 'pictures' | 'source'): void {
    const before = this.#config;
    this.#config = config;
    this.#judge = judge;
    this.output.change(config);
    if (this.#source instanceof Capture) this.#source.limitRate(config.framerate);
    if (config.device === null && before.device !== null && config.source.type === 'v4l2' && reopen === 'no') {
      this.#lose(explain(config.source, 'it was unplugged'));
      return;
    }
    const isBack = this.#state === 'lost' && config.device !== null && before.device?.device !== config.device.device;
    if (reopen === 'no' && !isBack) return;
    if (config.source.type === 'whip') {
      this.#attempt++;
      this.#lose(
        new CameraFailure('Nobody publishes to it yet.', 'Publish to it by WHIP.', 'no-publisher'),
        'NO PUBLISHER',
      );
      return;
    }
    this.#failures = 0;
    if (this.#source && reopen !== 'no') {
      // What is on air is another picture than its name says.
      if (reopen === 'source') this.#outdatedAt = performance.now() + config.stallTimeout * 1000;
      if (isExclusive(before, config)) this.#letGo();
    }
    void this.#open();
  }

  /** Takes what somebody publishes. @throws CameraFailure if its viewers cannot be shown it, or it brings nothing */
  async publish(publication: Publication): Promise<void> {
    const attempt = ++this.#attempt;
    await publication.firstFrame();
    if (attempt !== this.#attempt || this.#isClosed) return;
    const { codec } = this.output;
    if (codec !== null && codec !== publication.stream.codec) {
      throw new CameraFailure(
        `The camera is published in ${publication.stream.codec} now, and was in ${codec}.`,
        'Ask again.',
        'no-publisher',
      );
    }
    this.#onAir(publication, null);
  }

  /** Whoever published has left: the slate is shown. @returns whether it can be */
  publisherLeft(failure: CameraFailure): boolean {
    this.#attempt++;
    if (this.output.codec !== 'H264') return false;
    this.#lose(failure, 'PUBLISHER LEFT');
    return true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#attempt++;
    if (this.#retry) clearTimeout(this.#retry);
    clearInterval(this.#supervisor);
    this.#endWatch();
    this.#inspection.close();
    const closed = new CameraFailure('The camera was closed.', 'Ask again.');
    this.#begin.reject(closed);
    this.#live.reject(closed);
    this.output.close();
    this.#source?.close();
    this.#source = null;
  }

  async #open(): Promise<void> {
    const attempt = ++this.#attempt;
    const isWanted = (): boolean => attempt === this.#attempt && !this.#isClosed;
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    const { device } = this.#config;
    let opened: Opened | null = null;
    try {
      await this.#judge.look(device);
      if (!isWanted()) return;
      const passthrough = this.#judge.verdict();
      opened = openSource({
        config: this.#config,
        device,
        passthrough,
        baseTime: this.baseTime,
        inlet: this.#inlet,
      });
      const { source } = opened;
      // Nobody is shown anything yet: the encoder starts while the source does.
      const isFirst = this.output.stream === null;
      if (isFirst) this.#show(source);
      await firstPictureOf(source, this.#config.source, FIRST_FRAME_MS, isWanted);
      if (isFirst) await this.output.firstPicture();
      if (!isWanted()) return;
      this.#onAir(source, opened, isFirst);
      opened = null;
    } catch (error) {
      if (isWanted()) this.#openingFailed(error);
    } finally {
      opened?.source.close();
    }
  }

  #show(source: Shown): void {
    if (source instanceof Capture) this.output.showPictures(source.tee);
    // A publisher's connection goes on while his picture is not on air, and is its session's to close.
    else if (source instanceof Publication) this.output.showStream({ stream: source.stream, close: () => undefined });
    else this.output.showStream(source);
    this.#begin.resolve();
  }

  #onAir(source: Shown, opened: Opened | null, isShown = false): void {
    const before = this.#source;
    this.#source = source;
    this.#opened = opened;
    this.#outdatedAt = null;
    this.#failures = 0;
    this.#seen = this.#count = -1;
    this.#lastPictureAt = performance.now();
    if (!isShown) this.#show(source);
    // A stage is closed by its channel, when nobody looks at it any more.
    if (before instanceof Capture && before !== source) before.close();
    this.#enter('live', null);
    this.#live.resolve();
    this.#inspection.begin();
  }

  #notePictures(): void {
    const count = this.#source?.count() ?? this.#seen;
    if (count !== this.#seen) this.#lastPictureAt = performance.now();
    this.#seen = count;
  }

  #openingFailed(error: unknown): void {
    const failure =
      error instanceof CameraFailure
        ? error
        : explain(this.#config.source, error instanceof Error ? error.message : String(error));
    if (this.#state === 'opening') {
      this.#begin.reject(failure);
      this.#live.reject(failure);
      this.#events.failed(failure);
      return;
    }
    // It is not what is configured that is still on air.
    if (this.#source) this.#lose(failure);
    else {
      this.#enter('lost', failure);
      this.#tryAgain();
    }
  }

  #look(): void {
    this.output.look();
    const source = this.#source;
    if (!source) return;
    const now = performance.now();
    const failure = source.look();
    this.#notePictures();
    if (this.#seen !== this.#count) {
      this.#count = this.#seen;
      // A publisher sends again.
      if (this.#state === 'lost') this.#onAir(source, this.#opened);
    }
    const { stallTimeout } = this.#config;
    if (this.#outdatedAt !== null && now > this.#outdatedAt && this.#state === 'live') {
      this.#outdatedAt = null;
      this.#lose(explain(this.#config.source, 'it is being opened'), 'OPENING');
      return;
    }
    if (failure) this.#lose(failure);
    else if (this.#state === 'live' && now - this.#lastPictureAt > stallTimeout * 1000)
      this.#lose(explain(this.#config.source, `it brought no picture for ${stallTimeout} s`));
  }

  /** The source brings nothing any more: its viewers are shown a slate, and it is opened anew. */
  #lose(failure: CameraFailure, title = LOST): void {
    this.#enter('lost', failure);
    // A publisher who sends nothing may go on to: he is closed by his session.
    const source = this.#source instanceof Publication ? null : this.#source;
    if (source) this.#source = null;
    this.output
      .showSlate(title, this.#lastPictureAt)
      .catch((error: unknown) => {
        if (error instanceof CameraFailure && !this.#isClosed) this.#events.failed(error);
      })
      // What it still brings is better than nothing until the slate is there.
      .finally(() => {
        source?.close();
        this.output.forgetPicture();
      });
    this.#tryAgain();
  }

  #inspected(reordered: boolean): void {
    if (reordered === this.#hasBFrames) return;
    this.#hasBFrames = reordered;
    // What is not fit for being passed on is encoded from now on.
    if (reordered && this.output.encoder === null && this.#judge.refuse('it has B-frames')) {
      this.#letGo();
      void this.#open();
    }
    this.#events.changed();
  }

  #letGo(): void {
    this.#source?.close();
    this.#source = null;
    this.output.forgetPicture();
  }

  #tryAgain(): void {
    const { source, device } = this.#config;
    // What is not plugged in is said to be when it is; see change.
    if (source.type === 'whip' || (source.type === 'v4l2' && device === null)) return;
    const delay = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)];
    this.#retry = setTimeout(() => void this.#open(), delay);
  }

  #enter(state: 'live' | 'lost', problem: CameraFailure | null): void {
    this.#state = state;
    this.#problem = problem;
    this.#events.changed();
  }
}

/** Whether the source of the one must be let go of before that of the other can be opened: most devices open once. */
function isExclusive(before: Config, after: Config): boolean {
  if (before.source.type !== after.source.type) return false;
  switch (after.source.type) {
    case 'test':
    case 'file':
    case 'whip':
    case 'legacy':
      return false;
    case 'v4l2':
      return before.device?.device === after.device?.device;
    default:
      return JSON.stringify(before.source) === JSON.stringify(after.source);
  }
}
