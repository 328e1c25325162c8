import type { Source } from '../../domain/source.js';
import { type Element, Gst, type Sample } from '../../gst/native.js';
import { closePipeline, drainBus, element, parseLaunch } from '../../gst/pipeline.js';
import { pullSample } from '../../gst/sample-tap.js';
import { sourceProperty } from '../encoding/launch.js';
import type { StreamFacts } from './passthrough.js';

const MAX_PROBE_MS = 6_000;
const MAX_PROBE_SAMPLES = 900;
type ProbedType = 'file' | 'rtsp' | 'v4l2';
const TIMEOUT_MS: Readonly<Record<ProbedType, number>> = { file: 4_000, rtsp: 8_000, v4l2: 8_000 };
const START: Readonly<Record<ProbedType, string>> = {
  file: 'filesrc name=source ! parsebin',
  // buffer-mode=none keeps the camera's own timestamps: those of arrival are distorted at the start of the connection,
  // and every third camera with a keyframe every second counted as one with fewer.
  rtsp: 'rtspsrc name=source protocols=tcp latency=0 buffer-mode=none ! application/x-rtp,media=video ! rtph264depay',
  v4l2: 'v4l2src name=source',
};
const SAMPLES_PER_POLL = 30;
const POLL_MS = 10;

/**
 * Probes the H.264 of a source: the first 6 s of a file; a camera until its second keyframe, at most 3 s. Null if there
 * is none, or nothing arrives.
 * @param signal cancels it: the source is closed when `abort` returns
 */
export async function probeStream(
  source: Source & { type: ProbedType },
  device: string | null,
  signal: AbortSignal,
): Promise<StreamFacts | null> {
  if (signal.aborted) return null;
  const pipeline = parseLaunch(
    `${START[source.type]} ! video/x-h264 ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=out sync=false max-buffers=64`,
  );
  const property = sourceProperty(source, device);
  if (property) element(pipeline, 'source')[property[0]] = property[1];
  const out = element(pipeline, 'out');
  const observations = new StreamObservations();
  const close = (): void => closePipeline(pipeline);
  signal.addEventListener('abort', close);
  pipeline.setState(Gst.State.PLAYING);
  try {
    const until = performance.now() + TIMEOUT_MS[source.type];
    while (!signal.aborted && performance.now() < until && !observations.isEnough(source.type !== 'file')) {
      const taken = takeSamples(out, observations);
      const { error, eos } = drainBus(pipeline);
      // Also for a file with audio only: no pad is linked, and the stream stops.
      if (error || (eos && taken === 0)) break;
      if (taken < SAMPLES_PER_POLL) await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
  } finally {
    signal.removeEventListener('abort', close);
    if (!signal.aborted) close();
  }
  return observations.facts();
}

function takeSamples(out: Element, observations: StreamObservations): number {
  for (let taken = 0; taken < SAMPLES_PER_POLL; taken++) {
    const sample = pullSample(out);
    if (!sample) return taken;
    observations.add(sample);
  }
  return SAMPLES_PER_POLL;
}

class StreamObservations {
  #profile = '';
  #samples = 0;
  #firstMs = 0;
  #lastMs = 0;
  #highestMs = Number.NEGATIVE_INFINITY;
  #reordered = false;
  #keyframeMs: number | null = null;
  #gapMs: number | null = null;

  add(sample: Sample): void {
    const buffer = sample.getBuffer();
    if (buffer.pts === Gst.CLOCK_TIME_NONE) return;
    const ms = Number(buffer.pts) / 1e6;
    if (this.#samples === 0) {
      this.#firstMs = ms;
      this.#profile = sample.getCaps()?.getStructure(0).getString('profile') ?? '';
    }
    this.#samples++;
    // Samples are in decoding order: a smaller PTS is a frame that is presented before an earlier one.
    if (ms < this.#highestMs) this.#reordered = true;
    this.#highestMs = Math.max(this.#highestMs, ms);
    this.#lastMs = ms;
    if (buffer.hasFlags(Gst.BufferFlags.DELTA_UNIT)) return;
    if (this.#keyframeMs !== null) this.#gapMs = Math.max(this.#gapMs ?? 0, ms - this.#keyframeMs);
    this.#keyframeMs = ms;
  }

  isEnough(live: boolean): boolean {
    const probedMs = this.#lastMs - this.#firstMs;
    if (live) return this.#gapMs !== null || probedMs > MAX_PROBE_MS / 2;
    return probedMs > MAX_PROBE_MS || this.#samples > MAX_PROBE_SAMPLES;
  }

  facts(): StreamFacts | null {
    if (this.#samples === 0) return null;
    return {
      profile: this.#profile,
      reordered: this.#reordered,
      keyframeGapMs: this.#gapMs,
      probedMs: this.#highestMs - this.#firstMs,
    };
  }
}
