import type { StreamFigures } from '../../domain/measures.js';
import { rendered } from '../../gst/meter.js';
import type { Element, Sample } from '../../gst/native.js';
import { make } from '../../gst/pipeline.js';
import { sinceMs, timeOf } from '../encoding/frame-time.js';
import type { StreamPipeline } from '../encoding/stream-pipeline.js';
import { Capture } from '../sources/capture.js';
import type { OpenedSource } from '../sources/opened-source.js';

/** The resolution of a frame's time; a poll takes about 0.1 ms. */
const POLL_MS = 1;
/** Frames to measure. */
const FRAMES = 3;
const TIMEOUT_MS = 400;

/**
 * Measured on request only, as it has a cost.
 * @param source where the frames come from; null while there is none
 */
export async function measureStream(stream: StreamPipeline, source: OpenedSource | null): Promise<StreamFigures> {
  const times = await measureTimes(stream);
  const captured = source?.count() ?? null;
  const thinned = source instanceof Capture ? source.thinned() : 0;
  return {
    // `captured` counts behind the videorate `thin`, so what that dropped is added.
    captured: captured === null ? null : captured + thinned,
    ...stream.video.totals(),
    thinned: thinned + Number(stream.pipeline.getByName('rate')?.drop ?? 0),
    ...times,
  };
}

/**
 * The delay from a frame's timestamp (camera: capture; file: when it is due; received stream: arrival) until it is
 * encoded, and the encoder's share of it: means of a few frames, each to 1 ms.
 * GStreamer's own means do not fit: a tracer covers the whole process or nothing, and a sink that reports each frame's
 * lateness sends QoS events upstream too, which makes the elements before it drop frames.
 */
async function measureTimes(stream: StreamPipeline): Promise<Pick<StreamFigures, 'delayMs' | 'encodeMs'>> {
  const newest = make('fakesink');
  Object.assign(newest, { sync: false, async: false, enableLastSample: true });
  const { branches } = stream.video;
  const delays: number[] = [];
  const encodings: number[] = [];
  const until = performance.now() + TIMEOUT_MS;
  const into = stream.raw && new Arrivals(stream.element('last'));
  branches.add(newest);
  const outOf = new Arrivals(newest);
  // Encoders delay and drop frames: a frame that is seen on both sides gives the offset between the two counts.
  // Only one raw frame is read, as reading keeps a buffer of the camera until the next garbage collection.
  let known: { number: number; pts: bigint | null } | null = null;
  let ahead: number | null = null;
  try {
    while ((delays.length < FRAMES || (into && encodings.length < FRAMES)) && performance.now() < until) {
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
      if (into?.poll() && !known) known = { number: into.count, pts: timeOf(stream.lastFrame()) };
      if (!outOf.poll()) continue;
      const pts = timeOf(newest.lastSample as Sample | null);
      if (pts === null) continue;
      delays.push(sinceMs(pts, stream.baseTime));
      if (known && pts === known.pts) ahead = known.number - outOf.count;
      const began = ahead === null ? undefined : into?.at.get(outOf.count + ahead);
      if (began !== undefined) encodings.push(performance.now() - began);
    }
  } finally {
    branches.remove(newest);
  }
  return { delayMs: meanOf(delays), encodeMs: meanOf(encodings) };
}

/** When frames arrived at a sink, by their numbers, as seen by polling. */
class Arrivals {
  /** ms, see performance.now. */
  readonly at = new Map<number, number>();
  readonly #sink: Element;
  #count: number;

  constructor(sink: Element) {
    this.#sink = sink;
    this.#count = rendered(sink);
  }

  get count(): number {
    return this.#count;
  }

  /** Whether frames have arrived since the last poll. */
  poll(): boolean {
    const before = this.#count;
    this.#count = rendered(this.#sink);
    for (let number = before + 1; number <= this.#count; number++) this.at.set(number, performance.now());
    return this.#count > before;
  }
}

const meanOf = (values: number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
