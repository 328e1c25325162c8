import { Gst, type Sample } from '../../gst/native.js';

/** The maximum plausible time from a frame's capture to its arrival here; beyond it, its timestamp is not trusted. */
const MAX_TRANSIT_MS = 5_000;

/** A raw frame. */
export interface Frame {
  sample: Sample;
  /** When it was captured, performance.now(); see frameAgeMs. */
  capturedAt: number;
}

/** A frame's timestamp, ns of running time; null if it has none. */
export function timeOf(sample: Sample | null): bigint | null {
  const pts = sample?.getBuffer().pts;
  return pts === undefined || BigInt(pts) === BigInt(Gst.CLOCK_TIME_NONE) ? null : BigInt(pts);
}

/**
 * ms since a timestamp. Frames received over RTP have times of the sender's clock, which may be a ms or two ahead.
 * @param pts ns of running time
 * @param baseTime ns; see shareClock
 */
export const sinceMs = (pts: bigint, baseTime: bigint): number =>
  Math.max(0, Number(BigInt(Gst.SystemClock.obtain().getTime()) - BigInt(baseTime) - pts) / 1e6);

/**
 * The age of a frame: since its capture, by its timestamp (file: since it was due; received stream: since it arrived).
 * A source of a GStreamer line may have arbitrary timestamps: if one is implausible, since the frame arrived.
 * @param byTimestampMs null if it has none
 * @param sinceArrivalMs since the newest frame of its stream arrived
 */
export function frameAgeMs(byTimestampMs: number | null, sinceArrivalMs: number): number {
  const isPlausible = byTimestampMs !== null && byTimestampMs <= sinceArrivalMs + MAX_TRANSIT_MS;
  return isPlausible ? byTimestampMs : sinceArrivalMs;
}

/** @param arrivedAt of the newest frame of the stream, performance.now() */
export function frameOf(sample: Sample, { baseTime }: { baseTime: bigint }, arrivedAt: number): Frame {
  const now = performance.now();
  const time = timeOf(sample);
  return { sample, capturedAt: now - frameAgeMs(time === null ? null : sinceMs(time, baseTime), now - arrivedAt) };
}
