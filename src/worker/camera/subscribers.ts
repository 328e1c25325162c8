import type { VideoCodecName } from '../../protocol/codecs.js';
import type { CameraFailure } from '../failure.js';

export interface Subscriber {
  /** Null for whoever takes a frame and no stream. */
  readonly codec: VideoCodecName | null;
  /** Why it was told to go; null while it was not. */
  readonly failure: () => CameraFailure | null;
}

interface Entry extends Subscriber {
  fail(failure: CameraFailure): void;
}

/** Those who keep a camera open, and are told when it cannot go on. */
export class Subscribers {
  readonly #entries = new Map<string, Entry>();

  add(id: string, codec: VideoCodecName | null, onFailure: (failure: CameraFailure) => void): Subscriber {
    let told: CameraFailure | null = null;
    const entry: Entry = {
      codec,
      failure: () => told,
      fail: failure => {
        told = failure;
        onFailure(failure);
      },
    };
    this.#entries.set(id, entry);
    return entry;
  }

  has(id: string, subscriber: Subscriber): boolean {
    return this.#entries.get(id) === subscriber;
  }

  /** @returns whether it was there */
  delete(id: string): boolean {
    return this.#entries.delete(id);
  }

  /** It is told, and is none any more. It lets go of its place meanwhile, which is why pipelines are closed after. */
  fail(id: string, failure: CameraFailure): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    entry?.fail(failure);
  }

  of(codec: VideoCodecName): string[] {
    return [...this.#entries].flatMap(([id, entry]) => (entry.codec === codec ? [id] : []));
  }
}
