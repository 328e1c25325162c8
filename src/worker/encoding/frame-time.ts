import { Gst, type Sample } from '../../gst/native.js';

/** How long before a frame arrived here it may have been captured; its own time says something else where it says more. */
const MAX_TRANSIT_MS = 5_000;

/** A frame's own time, ns; null where it has none. */
export function timeOf(sample: Sample | null): bigint | null {
  const pts = sample?.getBuffer().pts;
  return pts === undefined || BigInt(pts) === BigInt(Gst.CLOCK_TIME_NONE) ? null : BigInt(pts);
}

/**
 * ms since that time. What comes over RTP has times by the sender's clock, which are a ms or two ahead of it now and then.
 * @param pts ns of running time
 * @param baseTime ns; see shareClock
 */
export const sinceMs = (pts: bigint, baseTime: bigint): number =>
  Math.max(0, Number(BigInt(Gst.SystemClock.obtain().getTime()) - BigInt(baseTime) - pts) / 1e6);

/**
 * How old a frame is: since it was captured, by its own time (of a file: since it was due; of a stream from elsewhere:
 * since it came). Sources of GStreamer lines may have times of their own: where that cannot be, since it arrived.
 * @param byItsTimeMs null where it has none
 * @param sinceArrivalMs since the newest frame of its stream arrived
 */
export function frameAgeMs(byItsTimeMs: number | null, sinceArrivalMs: number): number {
  const isPlausible = byItsTimeMs !== null && byItsTimeMs <= sinceArrivalMs + MAX_TRANSIT_MS;
  return isPlausible ? byItsTimeMs : sinceArrivalMs;
}
