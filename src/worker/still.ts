import { lookAtMachine } from '../gst/machine.js';
import { Gst, type Sample } from '../gst/native.js';
import { closePipeline, drainBus, element, parseLaunch } from '../gst/pipeline.js';
import type { VideoCodecName } from '../protocol/codecs.js';
import { CameraFailure } from './failure.js';
import { describeJpeg, describeStill } from './still-lines.js';
import type { StreamPipeline } from './stream-pipeline.js';

const POLL_MS = 2;
const KEYFRAME_MS = 3_000;
const KEYFRAME_POLL_MS = 100;
const PATIENCE_MS = 3_000;

interface StillSource {
  readonly stream: StreamPipeline | null;
  /** Null while there is none to begin with. @throws Error if it cannot be decoded */
  lastPicture(): Promise<Sample | null>;
}

/** A raw picture as JPEG. @throws Error */
export async function toJpeg(picture: Sample): Promise<Uint8Array> {
  const jpeg = await lastOf(describeJpeg(lookAtMachine()), [picture]);
  const buffer = jpeg.getBuffer();
  return Uint8Array.from(buffer.extractDup(0, buffer.getSize()));
}

/** The last of some encoded pictures, raw; the first of them is a keyframe. @throws Error */
export function decodeLast(pictures: readonly Sample[], codec: VideoCodecName): Promise<Sample> {
  return lastOf(describeStill(codec, lookAtMachine()), pictures);
}

/** Sends samples through a pipeline from `in` to `out`, and gives the last that comes. */
async function lastOf(line: string, samples: readonly Sample[]): Promise<Sample> {
  const pipeline = parseLaunch(line);
  try {
    const input = element(pipeline, 'in');
    input.caps = samples[0]?.getCaps();
    pipeline.setState(Gst.State.PLAYING);
    for (const sample of samples) input.emit('push-sample', sample);
    input.emit('end-of-stream');
    const until = performance.now() + PATIENCE_MS;
    while (performance.now() < until) {
      const { error, eos } = drainBus(pipeline);
      if (error) throw new Error(`${error.element}: ${error.message}`);
      if (eos) {
        const last = element(pipeline, 'out').lastSample as Sample | null;
        if (!last) throw new Error('there is no picture in it');
        return last;
      }
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`it took longer than ${PATIENCE_MS / 1000} s`);
  } finally {
    closePipeline(pipeline);
  }
}

/** The picture that a camera brings now, as JPEG. @throws CameraFailure */
export async function takeStill(output: StillSource): Promise<Uint8Array> {
  const until = performance.now() + KEYFRAME_MS;
  for (;;) {
    const picture = await output.lastPicture();
    try {
      if (picture) return await toJpeg(picture);
    } catch (error) {
      throw new CameraFailure(
        `The picture cannot be made: ${(error as Error).message}.`,
        'The log of the server says more.',
      );
    }
    // A publisher makes a keyframe when he is asked for one; a stream that is passed on brings one by itself.
    if (performance.now() > until) throw new CameraFailure('No keyframe came to begin with.', 'Ask again.');
    output.stream?.requestKeyframe();
    await new Promise(resolve => setTimeout(resolve, KEYFRAME_POLL_MS));
  }
}
