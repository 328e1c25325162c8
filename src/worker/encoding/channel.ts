import type { Element } from '../../gst/native.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import type { StreamPipeline } from './stream-pipeline.js';

/** What makes a channel's stream for a while: an encoder, or a source whose stream is passed on. */
export interface Stage {
  /**
   * Where it comes after another, it holds its pictures back from the first on, which is a keyframe (see Fan.hold).
   */
  readonly stream: StreamPipeline;
  close(): void;
}

/** A viewer's proxysinks, for video and perhaps for sound. */
type Sinks = readonly Element[];

/**
 * What the viewers of one codec are sent, whichever stage makes it at the moment. Moving them to another stage costs them
 * one keyframe: their sessions go on. The channel closes its stages.
 */
export class Channel {
  readonly codec: VideoCodecName;
  readonly #viewers = new Set<Sinks>();
  #onAir: Stage;
  /** What is to be on air; it may not have brought a picture yet. */
  #wanted: Stage;
  #isClosed = false;

  constructor(first: Stage) {
    this.codec = first.stream.codec;
    this.#onAir = this.#wanted = first;
    first.stream.video.letGo();
  }

  get onAir(): Stage {
    return this.#onAir;
  }

  /** Adds a viewer; a picture that he can begin with is made at once. */
  attach(sinks: Sinks): void {
    this.#viewers.add(sinks);
    this.#put(sinks);
    this.#onAir.stream.requestKeyframe();
  }

  /** Takes a viewer out again, after his pipeline has stopped. */
  detach(sinks: Sinks): void {
    if (this.#viewers.delete(sinks)) this.#take(sinks);
  }

  /**
   * Moves the viewers to another stage as soon as it has a picture, and closes the one before; one that is called for
   * meanwhile takes its turn.
   */
  async bring(stage: Stage, patienceMs: number): Promise<'on air' | 'late' | 'given up'> {
    // Whoever asked first is told how it goes.
    if (this.#wanted === stage) return this.#onAir === stage ? 'on air' : 'given up';
    if (this.#wanted !== this.#onAir) this.#wanted.close();
    this.#wanted = stage;
    if (stage === this.#onAir) return 'on air';
    const isWanted = (): boolean => this.#wanted === stage && !this.#isClosed;
    const found = await stage.stream.firstPicture(patienceMs, isWanted);
    if (!isWanted()) return 'given up';
    if (found !== 'arrived') return 'late';
    const before = this.#onAir;
    for (const sinks of this.#viewers) this.#take(sinks);
    this.#onAir = stage;
    for (const sinks of this.#viewers) this.#put(sinks);
    stage.stream.video.letGo();
    before.close();
    return 'on air';
  }

  /** Of those that are attached by then each has let go of his place. */
  close(): void {
    this.#isClosed = true;
    this.#onAir.close();
    this.#wanted.close();
  }

  #put([picture, sound]: Sinks): void {
    if (picture) this.#onAir.stream.video.attach(picture);
    if (sound) this.#onAir.stream.audio?.attach(sound);
  }

  #take([picture, sound]: Sinks): void {
    if (picture) this.#onAir.stream.video.detach(picture);
    if (sound) this.#onAir.stream.audio?.detach(sound);
  }
}
