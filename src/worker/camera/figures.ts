import type { StreamFigures } from '../../domain/measures.js';
import { rendered } from '../../gst/meter.js';
import type { Element, Sample } from '../../gst/native.js';
import { make } from '../../gst/pipeline.js';
import { sinceMs, timeOf } from '../encoding/frame-time.js';
import type { StreamPipeline } from '../encoding/stream-pipeline.js';
import { Capture } from '../sources/capture.js';
import type { OpenedSource } from '../sources/opened-source.js';

/** How exactly the time of a picture is told: from one look to the next, of some 0.1 ms each. */
const POLL_MS = 1;
/** Pictures that are looked at, and how long, at the most. */
const FRAMES = 3;
const TIMEOUT_MS = 400;

/**
 * What is measured only when somebody asks, as it costs something.
 * @param source what its frames come from; null while there is none
 */
export async function measureStream(stream: StreamPipeline, source: OpenedSource | null): Promise<StreamFigures> {
  const times = await measureTimes(stream);
  const captured = source?.count() ?? null;
  const thinned = source instanceof Capture ? source.thinned() : 0;
  return {
    // It counts behind where the first are left out.
    captured: captured === null ? null : captured + thinned,
    ...stream.video.totals(),
    thinned: thinned + Number(stream.pipeline.getByName('rate')?.drop ?? 0),
    ...times,
  };
}

/**
 * How long after a picture's own time (of a camera: when it was captured; of a file: when it is due; of a stream from
 * elsewhere: when it came) it was encoded, and how much of it the encoder took: means of a few, each to a ms.
 * GStreamer's own means cannot be had here: a tracer is there for the whole process or not at all, and a sink that tells
 * of each picture's lateness would tell the elements in front of it too, which would leave pictures out.
 */
async function measureTimes(stream: StreamPipeline): Promise<Pick<StreamFigures, 'delayMs' | 'encodeMs'>> {
  const newest = make('fakesink');
  Object.assign(newest, { sync: false, async: false, enableLastSample: true });
  const { branches: taps } = stream.video;
  const delays: number[] = [];
  const encodings: number[] = [];
  const until = performance.now() + TIMEOUT_MS;
  const into = stream.raw && new Arrivals(stream.element('last'));
  taps.add(newest);
  const outOf = new Arrivals(newest);
  // Encoders keep some pictures and leave some out: one that is seen on both sides tells how the numbers go together.
  // Just one is looked at before it is encoded, as a look keeps a buffer of the camera's until the next collection.
  let known: { number: number; pts: bigint | null } | null = null;
  let ahead: number | null = null;
  try {
    while ((delays.length < FRAMES || (into && encodings.length < FRAMES)) && performance.now() < until) {
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
      if (into?.look() && !known) known = { number: into.count, pts: timeOf(stream.lastFrame()) };
      if (!outOf.look()) continue;
      const pts = timeOf(newest.lastSample as Sample | null);
      if (pts === null) continue;
      delays.push(sinceMs(pts, stream.baseTime));
      if (known && pts === known.pts) ahead = known.number - outOf.count;
      const began = ahead === null ? undefined : into?.at.get(outOf.count + ahead);
      if (began !== undefined) encodings.push(performance.now() - began);
    }
  } finally {
    taps.remove(newest);
  }
  return { delayMs: meanOf(delays), encodeMs: meanOf(encodings) };
}

/** When pictures came to a sink, by their numbers, as far as somebody looks. */
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

  /** Whether some came since the last look. */
  look(): boolean {
    const before = this.#count;
    this.#count = rendered(this.#sink);
    for (let number = before + 1; number <= this.#count; number++) this.at.set(number, performance.now());
    return this.#count > before;
  }
}

const meanOf = (values: number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
