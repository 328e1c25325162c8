import { type Element, Gst, type Sample } from '../gst/native.js';
import { make } from '../gst/pipeline.js';
import type { Tee } from '../gst/tee.js';

/** Encoded pictures: some seconds, if no keyframe comes. */
const KEPT = 150;

/**
 * The encoded pictures since the last keyframe of a stream that is passed on, so that its picture of now can be decoded
 * when somebody asks for it, without a decoder that runs all the time.
 */
export class KeptPictures {
  readonly #tee: Tee;
  readonly #sink: Element;
  #samples: Sample[] = [];

  constructor(tee: Tee) {
    this.#tee = tee;
    this.#sink = make('appsink');
    Object.assign(this.#sink, { sync: false, async: false, maxBuffers: KEPT, drop: true });
    tee.add(this.#sink);
  }

  /** From the last keyframe on; empty where it is too long ago. */
  take(): readonly Sample[] {
    this.takeAll();
    const keyframe = this.#samples.findLastIndex(sample => !sample.getBuffer().hasFlags(Gst.BufferFlags.DELTA_UNIT));
    this.#samples = keyframe < 0 ? [] : this.#samples.slice(keyframe).slice(0, KEPT);
    return this.#samples;
  }

  /** All that have come and were not let go of. */
  takeAll(): readonly Sample[] {
    for (;;) {
      const sample = this.#sink.emit('try-pull-sample', 0n) as Sample | null;
      if (!sample) return this.#samples;
      this.#samples.push(sample);
    }
  }

  close(): void {
    this.#samples = [];
    this.#tee.remove(this.#sink);
  }
}
