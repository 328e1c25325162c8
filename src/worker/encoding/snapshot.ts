import { inspectMachine } from '../../gst/machine.js';
import { Gst, type Sample } from '../../gst/native.js';
import { closePipeline, element, isOver, parseLaunch } from '../../gst/pipeline.js';
import { poll } from '../../gst/poll.js';
import { asMonotonic } from '../../process/monotonic.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import { CameraFailure } from '../failure.js';
import type { Frame } from './frame-time.js';
import { describeDecodeLast, describeJpeg } from './still-image-lines.js';

/** Between attempts, while there is no keyframe to decode from. */
const RETRY_MS = 50;
const KEYFRAME_MS = 3_000;
/** Enough for a small machine to decode all frames that are kept since a keyframe. */
const TIMEOUT_MS = 5_000;
const POLL_INTERVAL_MS = 2;

/** A frame as JPEG. */
export interface Snapshot {
  jpeg: Uint8Array;
  /** When it was captured, ms of CLOCK_MONOTONIC. */
  capturedAt: number;
}

interface SnapshotSource {
  /** The newest frame; null while there is no keyframe to decode from. @throws Error if it cannot be decoded */
  lastFrame(): Promise<Frame | null>;
  /** Requests a keyframe, if the encoder can be reached. */
  requestKeyframe(): void;
}

/** A raw frame as JPEG. @throws Error */
export async function toJpeg(frame: Sample): Promise<Uint8Array> {
  const jpeg = await lastOf(describeJpeg(inspectMachine()), [frame]);
  const buffer = jpeg.getBuffer();
  return Uint8Array.from(buffer.extractDup(0, buffer.getSize()));
}

/** Decodes the last of some encoded frames; the first of them is a keyframe. @throws Error */
export function decodeLast(frames: readonly Sample[], codec: VideoCodecName): Promise<Sample> {
  return lastOf(describeDecodeLast(codec, inspectMachine()), frames);
}

/** Sends samples through a pipeline from `in` to `out`. @returns the last that arrives */
async function lastOf(line: string, samples: readonly Sample[]): Promise<Sample> {
  const pipeline = parseLaunch(line);
  try {
    const input = element(pipeline, 'in');
    input.caps = samples[0]?.getCaps();
    pipeline.setState(Gst.State.PLAYING);
    for (const sample of samples) input.emit('push-sample', sample);
    input.emit('end-of-stream');
    const isDone = await poll(() => isOver(pipeline), { timeoutMs: TIMEOUT_MS, everyMs: POLL_INTERVAL_MS });
    if (!isDone) throw new Error(`it took longer than ${TIMEOUT_MS / 1000} s`);
    const last = element(pipeline, 'out').lastSample as Sample | null;
    if (!last) throw new Error('there is no frame in it');
    return last;
  } finally {
    closePipeline(pipeline);
  }
}

/** The newest frame of a camera, as JPEG. @throws CameraFailure */
export async function takeSnapshot(output: SnapshotSource): Promise<Snapshot> {
  const until = performance.now() + KEYFRAME_MS;
  for (;;) {
    try {
      const frame = await output.lastFrame();
      if (frame) return { jpeg: await toJpeg(frame.sample), capturedAt: asMonotonic(frame.capturedAt) };
    } catch (error) {
      throw new CameraFailure(
        `The newest frame cannot be decoded: ${(error as Error).message}.`,
        'Try again; if this persists, check that the camera works in another program, and see the server log.',
      );
    }
    if (performance.now() > until)
      throw new CameraFailure(
        `No keyframe arrived within ${KEYFRAME_MS / 1000} s, and the newest frame cannot be decoded without one.`,
        'Try again, or have the camera make a keyframe every few seconds.',
      );
    // A publisher makes keyframes on request; a source that is passed through has its own.
    output.requestKeyframe();
    await new Promise(resolve => setTimeout(resolve, RETRY_MS));
  }
}
