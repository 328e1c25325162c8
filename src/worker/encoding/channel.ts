import type { Element } from '../../gst/native.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import type { StreamPipeline } from './stream-pipeline.js';

/** What makes a channel's stream for a while: an encoder, or a source whose stream is passed on. */
export interface StreamProducer {
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
  #current: StreamProducer;
  /** What is to be on air; it may not have brought a picture yet. */
  #next: StreamProducer;
  #isClosed = false;

  constructor(first: StreamProducer) {
    this.codec = first.stream.codec;
    this.#current = this.#next = first;
    first.stream.video.resume();
  }

  get current(): StreamProducer {
    return this.#current;
  }

  /** Adds a viewer; a picture that he can begin with is made at once. */
  attach(sinks: Sinks): void {
    this.#viewers.add(sinks);
    this.#put(sinks);
    this.#current.stream.requestKeyframe();
  }

  /** Takes a viewer out again, after his pipeline has stopped. */
  detach(sinks: Sinks): void {
    if (this.#viewers.delete(sinks)) this.#take(sinks);
  }

  /**
   * Moves the viewers to another stage as soon as it has a picture, and closes the one before; one that is called for
   * meanwhile takes its turn.
   */
  async switchTo(producer: StreamProducer, timeoutMs: number): Promise<'on air' | 'late' | 'given up'> {
    // Whoever asked first is told how it goes.
    if (this.#next === producer) return this.#current === producer ? 'on air' : 'given up';
    if (this.#next !== this.#current) this.#next.close();
    this.#next = producer;
    if (producer === this.#current) return 'on air';
    const isWanted = (): boolean => this.#next === producer && !this.#isClosed;
    const found = await producer.stream.firstFrame(timeoutMs, isWanted);
    if (!isWanted()) return 'given up';
    if (found !== 'arrived') return 'late';
    const before = this.#current;
    for (const sinks of this.#viewers) this.#take(sinks);
    this.#current = producer;
    for (const sinks of this.#viewers) this.#put(sinks);
    producer.stream.video.resume();
    before.close();
    return 'on air';
  }

  /** Of those that are attached by then each has let go of his place. */
  close(): void {
    this.#isClosed = true;
    this.#current.close();
    this.#next.close();
  }

  #put([picture, sound]: Sinks): void {
    if (picture) this.#current.stream.video.attach(picture);
    if (sound) this.#current.stream.audio?.attach(sound);
  }

  #take([picture, sound]: Sinks): void {
    if (picture) this.#current.stream.video.detach(picture);
    if (sound) this.#current.stream.audio?.detach(sound);
  }
}
