import type { VideoCodecName } from '../../protocol/codecs.js';
import type { CameraFailure } from '../failure.js';

export interface Subscriber {
  /** Null for a subscriber that takes a snapshot and no stream. */
  readonly codec: VideoCodecName | null;
  /** Why it was removed; null while it is subscribed. */
  readonly failure: () => CameraFailure | null;
}

interface Entry extends Subscriber {
  fail(failure: CameraFailure): void;
}

/** The subscribers of a camera; each keeps it open, and is notified when the camera fails. */
export class Subscribers {
  readonly #entries = new Map<string, Entry>();

  add(id: string, codec: VideoCodecName | null, onFailure: (failure: CameraFailure) => void): Subscriber {
    let removedFor: CameraFailure | null = null;
    const entry: Entry = {
      codec,
      failure: () => removedFor,
      fail: failure => {
        removedFor = failure;
        onFailure(failure);
      },
    };
    this.#entries.set(id, entry);
    return entry;
  }

  has(id: string, subscriber: Subscriber): boolean {
    return this.#entries.get(id) === subscriber;
  }

  /** @returns whether it was subscribed */
  delete(id: string): boolean {
    return this.#entries.delete(id);
  }

  /** Removes and notifies it. It detaches in `onFailure`, so pipelines are closed afterwards. */
  fail(id: string, failure: CameraFailure): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    entry?.fail(failure);
  }

  of(codec: VideoCodecName): string[] {
    return [...this.#entries].flatMap(([id, entry]) => (entry.codec === codec ? [id] : []));
  }
}
