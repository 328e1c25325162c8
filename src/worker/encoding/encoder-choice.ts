import { CameraFailure } from '../failure.js';
import { ENCODERS, type Encoder } from './encoders.js';

/** Selects the encoder to open: the best of this machine that has not failed. */
export class EncoderChoice {
  readonly #onRejected: (element: string, reason: string) => void;
  readonly #rejected = new Map<string, string>();
  #names: readonly string[];

  /** @param names of GStreamer's elements, best first */
  constructor(names: readonly string[], onRejected: (element: string, reason: string) => void) {
    this.#names = names;
    this.#onRejected = onRejected;
  }

  /** @throws CameraFailure if there is none */
  next(): Encoder {
    const name = this.#names.find(candidate => !this.#rejected.has(candidate));
    const encoder = ENCODERS.find(({ element }) => element === name);
    if (encoder) return encoder;
    const tried = [...this.#rejected].map(([element, reason]) => `${element}: ${reason}`).join('; ');
    throw new CameraFailure(
      `No H.264 encoder opens on this machine${tried === '' ? '' : ` (${tried})`}.`,
      'Install one (Debian: gstreamer1.0-plugins-ugly); GET /api/v1/system lists what was tried.',
    );
  }

  /** It failed to open, or while running. */
  reject({ element }: Encoder, reason: string): void {
    if (this.#rejected.has(element)) return;
    this.#rejected.set(element, reason);
    this.#onRejected(element, reason);
  }

  /** Replaces the list of encoders; those that failed may be tried again. */
  update(names: readonly string[]): void {
    this.#names = names;
    this.#rejected.clear();
  }
}
