import type { StreamFigures } from '../domain/ports.js';
import { type Element, Gst, type Sample } from '../gst/native.js';
import { make } from '../gst/pipeline.js';
import type { Programme } from './programme.js';
import type { StreamPipeline } from './stream-pipeline.js';

/** How exactly the time of a picture is told: from one look to the next, of some 0.1 ms each. */
const POLL_MS = 1;
/** Pictures that are looked at, and how long, at the most. */
const PICTURES = 3;
const PATIENCE_MS = 250;

/** What is measured only when somebody asks, as it costs something. Null before anything is on air. */
export async function measureStream(programme: Programme): Promise<StreamFigures | null> {
  const { stream } = programme.output;
  if (!stream) return null;
  const delayMs = await measureDelay(stream);
  return {
    captured: programme.captured,
    ...stream.video.totals(),
    thinned: programme.thinned + Number(stream.pipeline.getByName('rate')?.drop ?? 0),
    delayMs,
  };
}

/**
 * How long after a picture's own time (of a camera: when it was captured; of a file: when it is due; of a stream from
 * elsewhere: when it came) it was encoded: the mean of a few, each to a ms. GStreamer's own means cannot be had here: a
 * tracer is there for the whole process or not at all, and a sink that tells of each picture's lateness would tell the
 * elements in front of it too, which would leave pictures out.
 */
async function measureDelay(stream: StreamPipeline): Promise<number | null> {
  const newest = make('fakesink');
  Object.assign(newest, { sync: false, async: false, enableLastSample: true });
  const { taps } = stream.video;
  const delays: number[] = [];
  const until = performance.now() + PATIENCE_MS;
  let seen = stream.video.count();
  taps.add(newest);
  try {
    while (delays.length < PICTURES && performance.now() < until) {
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
      const count = stream.video.count();
      if (count === seen) continue;
      seen = count;
      const delay = delayOf(newest, stream.baseTime);
      if (delay !== null) delays.push(delay);
    }
  } finally {
    taps.remove(newest);
  }
  return delays.length === 0 ? null : delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
}

/** ms since the time of the picture that a sink has got last; null where it has none, or the picture no time. */
function delayOf(sink: Element, baseTime: bigint): number | null {
  const pts = (sink.lastSample as Sample | null)?.getBuffer().pts;
  if (pts === undefined || BigInt(pts) === BigInt(Gst.CLOCK_TIME_NONE)) return null;
  const ms = Number(BigInt(Gst.SystemClock.obtain().getTime()) - BigInt(baseTime) - BigInt(pts)) / 1e6;
  // What comes over RTP has times by the sender's clock, which are a ms or two ahead of it now and then.
  return Math.max(0, ms);
}
