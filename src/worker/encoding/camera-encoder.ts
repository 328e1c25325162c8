import type { Tee } from '../../gst/tee.js';
import type { CameraFailure } from '../failure.js';
import type { StreamProducer } from './channel.js';
import type { EncoderChoice } from './encoder-choice.js';
import { Encoding } from './encoding.js';
import type { OutputSettings } from './launch.js';

export interface CameraEncoderOptions {
  settings: OutputSettings;
  encoders: EncoderChoice;
  /** ns; see shareClock. */
  baseTime: bigint;
  /** The producer that viewers are sent now. */
  current(): StreamProducer | null;
  /** Another encoder replaces the previous one: viewers are to be switched to it. */
  onReplaced(encoding: Encoding): void;
  /** No encoder opens. */
  onFailure(failure: CameraFailure): void;
}

/**
 * The H.264 encoder of a camera: the first that opens, and its replacement when it fails or cannot change its settings.
 */
export class CameraEncoder {
  readonly #options: CameraEncoderOptions;
  #settings: OutputSettings;
  #encoding: Encoding | null = null;
  /** Closed while viewers were still on it, to free a session for another encoder of its kind. */
  #vacated: Encoding | null = null;

  constructor(options: CameraEncoderOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  /** The newest encoder, even if viewers are still sent another one; null while nothing is encoded. */
  get encoding(): Encoding | null {
    return this.#encoding;
  }

  /** Encodes these frames, with the open encoder or the first that opens. @throws CameraFailure if none opens */
  encode(from: Tee): Encoding {
    this.#encoding ??= this.#open();
    this.#encoding.setSource(from);
    // Until the viewers are switched to the new encoder, the current one keeps running.
    const current = this.#options.current();
    if (current instanceof Encoding && current !== this.#vacated) current.setSource(from);
    return this.#encoding;
  }

  /** Applies other settings, to a new encoder where the open one cannot change them while it runs. */
  change(settings: OutputSettings): void {
    this.#settings = settings;
    const encoding = this.#encoding;
    if (!encoding) return;
    encoding.limitRate(settings.framerate);
    if (!encoding.change(settings)) this.#replace(encoding);
  }

  /** Checks the encoder; one that failed is replaced by the next. @throws Error if a thread is stuck */
  check(): void {
    const encoding = this.#encoding;
    if (!encoding) return;
    const { failed } = encoding.stream.check();
    if (failed) this.reject(encoding, typeof failed === 'string' ? failed : `${failed.element}: ${failed.message}`);
  }

  /** Replaces an encoder that failed. */
  reject(encoding: Encoding, reason: string): void {
    const from = encoding.source;
    if (!this.#makeRoom(encoding)) this.#options.encoders.reject(encoding.encoder, reason);
    this.#replace(encoding, from);
  }

  /** Viewers have been switched to another producer. */
  switched(): void {
    this.#vacated = null;
  }

  /** The stream is passed through from now on; the channel has closed the encoder. */
  forget(): void {
    this.#encoding = null;
  }

  #open(): Encoding {
    const { encoders, baseTime } = this.#options;
    for (;;) {
      const encoder = encoders.next();
      try {
        return new Encoding(encoder, this.#settings, this.#settings.framerate, baseTime);
      } catch (error) {
        encoders.reject(encoder, error instanceof Error ? error.message : String(error));
      }
    }
  }

  /**
   * Hardware limits how many sessions of an encoder run. An encoder that failed beside another of its kind may have
   * failed because of that limit, and is retried once after the other is closed; its viewers wait until then.
   * @returns whether a session was freed
   */
  #makeRoom(failed: Encoding): boolean {
    const current = this.#options.current();
    const isBeside =
      current instanceof Encoding &&
      current !== failed &&
      current !== this.#vacated &&
      current.encoder.element === failed.encoder.element;
    if (!isBeside) return false;
    this.#vacated = current;
    current.close();
    failed.close();
    return true;
  }

  #replace(before: Encoding, from = before.source): void {
    let encoding: Encoding;
    try {
      encoding = this.#open();
    } catch (error) {
      this.#options.onFailure(error as CameraFailure);
      return;
    }
    encoding.setSource(from);
    this.#encoding = encoding;
    this.#options.onReplaced(encoding);
  }
}
