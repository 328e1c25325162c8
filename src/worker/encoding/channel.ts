import type { Element } from '../../gst/native.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import type { StreamPipeline } from './stream-pipeline.js';

/** Produces a channel's stream: an encoder, or a source that is passed through. */
export interface StreamProducer {
  /** Paused (see Fanout.pause) from its first frame on, a keyframe, until viewers are switched to it. */
  readonly stream: StreamPipeline;
  close(): void;
}

/** A viewer's proxysinks, for video and optionally audio. */
type Sinks = readonly Element[];

/**
 * What the viewers of one codec are sent, from one producer at a time. Switching to another costs them one keyframe;
 * their sessions continue. The channel closes its producers.
 */
export class Channel {
  readonly codec: VideoCodecName;
  readonly #viewers = new Set<Sinks>();
  #current: StreamProducer;
  /** The requested producer; it may not have a frame yet. */
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

  /** Adds a viewer, and requests a keyframe for it. */
  attach(sinks: Sinks): void {
    this.#viewers.add(sinks);
    this.#link(sinks);
    this.#current.stream.requestKeyframe();
  }

  /** Removes a viewer, after its pipeline has stopped. */
  detach(sinks: Sinks): void {
    if (this.#viewers.delete(sinks)) this.#unlink(sinks);
  }

  /**
   * Switches the viewers to another producer with its first frame, and closes the previous one. A later call cancels an
   * earlier one.
   */
  async switchTo(producer: StreamProducer, timeoutMs: number): Promise<'switched' | 'late' | 'cancelled'> {
    // The first caller gets the outcome.
    if (this.#next === producer) return this.#current === producer ? 'switched' : 'cancelled';
    if (this.#next !== this.#current) this.#next.close();
    this.#next = producer;
    if (producer === this.#current) return 'switched';
    const isWanted = (): boolean => this.#next === producer && !this.#isClosed;
    const found = await producer.stream.firstFrame(timeoutMs, isWanted);
    if (!isWanted()) return 'cancelled';
    if (found !== 'arrived') return 'late';
    const before = this.#current;
    for (const sinks of this.#viewers) this.#unlink(sinks);
    this.#current = producer;
    for (const sinks of this.#viewers) this.#link(sinks);
    producer.stream.video.resume();
    before.close();
    return 'switched';
  }

  /** Closes the producers; viewers that are still attached have stopped their pipelines before. */
  close(): void {
    this.#isClosed = true;
    this.#current.close();
    this.#next.close();
  }

  #link([video, audio]: Sinks): void {
    if (video) this.#current.stream.video.attach(video);
    if (audio) this.#current.stream.audio?.attach(audio);
  }

  #unlink([video, audio]: Sinks): void {
    if (video) this.#current.stream.video.detach(video);
    if (audio) this.#current.stream.audio?.detach(audio);
  }
}
