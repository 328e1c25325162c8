import { rendered } from './meter.js';
import type { AppSink, Element, Sample } from './native.js';
import { make } from './pipeline.js';
import type { Tee } from './tee.js';

/** The next sample of an appsink; null while there is none. Of a sink that was made before GstApp was loaded too. */
export function pullSample(sink: Element): Sample | null {
  return (sink as AppSink).tryPullSample(0n);
}

export interface TapLimits {
  /** Of the buffers that wait to be taken. */
  maxBuffers: number;
  /** Of them together; 0 for as many as come. */
  maxBytes: number;
}

/**
 * Keeps the latest buffers of a tee until somebody takes them. Beyond the limits the oldest are dropped, on GStreamer's
 * thread: nothing runs for each buffer in JavaScript.
 */
export class SampleTap {
  readonly #tee: Tee;
  readonly #sink: Element;
  #taken = 0;
  #dropped = 0;

  constructor(tee: Tee, { maxBuffers, maxBytes }: TapLimits) {
    this.#tee = tee;
    this.#sink = make('appsink');
    Object.assign(this.#sink, { sync: false, async: false, maxBuffers, maxBytes, drop: true });
    tee.add(this.#sink);
  }

  /** All since the last call, oldest first; `isComplete`: none between that call and the first of these was dropped. */
  take(): { samples: Sample[]; isComplete: boolean } {
    const samples: Sample[] = [];
    let came: number;
    // Again where one came meanwhile: only while nothing comes do the numbers tell what was dropped.
    do {
      came = rendered(this.#sink);
      for (let sample = pullSample(this.#sink); sample; sample = pullSample(this.#sink)) samples.push(sample);
    } while (rendered(this.#sink) !== came);
    this.#taken += samples.length;
    const dropped = came - this.#taken;
    const isComplete = dropped <= this.#dropped;
    this.#dropped = Math.max(this.#dropped, dropped);
    return { samples, isComplete };
  }

  close(): void {
    this.#tee.remove(this.#sink);
  }
}
