import { asFailure, CameraFailure } from '../failure.js';
import { Channel } from './channel.js';
import type { EncoderSettings } from './encoders.js';
import { Rendition } from './rendition.js';
import type { StreamPipeline } from './stream-pipeline.js';

export interface Vp8ChannelOptions {
  settings(): EncoderSettings;
  /** Of a switch to another rendition. */
  timeoutMs: number;
  /** The rendition has started, or was removed. */
  onChange(): void;
  onFailure(failure: CameraFailure): void;
}

/** The VP8 rendition of a camera's stream; it exists while viewers need it, and follows the stream. */
export class Vp8Channel {
  readonly #options: Vp8ChannelOptions;
  #channel: Channel | null = null;

  constructor(options: Vp8ChannelOptions) {
    this.#options = options;
  }

  /** Null while no viewer needs it. */
  get channel(): Channel | null {
    return this.#channel;
  }

  get rendition(): Rendition | null {
    return (this.#channel?.current as Rendition | undefined) ?? null;
  }

  /** Starts the rendition, if it is not running. @returns resolves with its first frame @throws CameraFailure */
  open(from: StreamPipeline): Promise<void> {
    this.#channel ??= new Channel(this.#start(from));
    return this.rendition?.ready ?? Promise.resolve();
  }

  /** Switches the viewers to a rendition of another stream; never rejects. */
  async follow(from: StreamPipeline): Promise<void> {
    const channel = this.#channel;
    if (!channel) return;
    const { timeoutMs, onFailure } = this.#options;
    try {
      const outcome = await channel.switchTo(this.#start(from), timeoutMs);
      if (outcome === 'late')
        throw new CameraFailure(`VP8 is not being encoded: no frame within ${timeoutMs / 1000} s`, 'Try again.');
    } catch (error) {
      if (this.#channel === channel) onFailure(asFailure(error, 'VP8 cannot be sent'));
    }
  }

  change(settings: EncoderSettings): void {
    this.rendition?.change(settings);
  }

  /** Spaces keyframes on request; see StreamPipeline. */
  limitKeyframes(ms: number): void {
    this.#channel?.current.stream.limitKeyframes(ms);
  }

  /** Its last viewer has left, or it failed. */
  remove(): void {
    this.close();
    this.#channel = null;
    this.#options.onChange();
  }

  /** Closes it along with the camera's output. */
  close(): void {
    this.#channel?.close();
  }

  #start(from: StreamPipeline): Rendition {
    const { settings, onChange, onFailure } = this.#options;
    const rendition = new Rendition(from, settings(), failure => {
      if (this.rendition === rendition) onFailure(failure);
    });
    rendition.ready
      .then(() => onChange())
      .catch((error: unknown) => {
        if (this.rendition === rendition) onFailure(asFailure(error, 'VP8 cannot be sent'));
      });
    return rendition;
  }
}
