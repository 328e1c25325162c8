import { rendered } from './meter.js';
import type { AppSink, Element, Sample } from './native.js';
import { make } from './pipeline.js';
import type { Tee } from './tee.js';

/** The next sample of an appsink; null while there is none. Also for a sink created before GstApp was loaded. */
export function pullSample(sink: Element): Sample | null {
  return (sink as AppSink).tryPullSample(0n);
}

export interface TapLimits {
  /** Maximum number of waiting buffers. */
  maxBuffers: number;
  /** Maximum total size; 0 for no limit. */
  maxBytes: number;
}

/**
 * Keeps the latest buffers of a tee until they are taken. Beyond the limits GStreamer drops the oldest on its own
 * thread: no JavaScript runs per buffer.
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

  /** All samples since the last call, oldest first; `isComplete`: none was dropped since that call. */
  take(): { samples: Sample[]; isComplete: boolean } {
    const samples: Sample[] = [];
    let came: number;
    // Repeat if one arrived in between: the counters show drops only if none arrived while reading.
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
