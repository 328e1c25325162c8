import { Gst, type Structure } from '../../src/gst/native.js';
import { closePipeline, drainBus, element, parseLaunch } from '../../src/gst/pipeline.js';
import { sleep } from './server.js';

/** What a player makes of a file. */
export interface Played {
  /** Decoded frames. */
  frames: number;
  /** ms from the first to the last. */
  lengthMs: number;
}

/** Decodes a file to its end, as fast as possible. @throws Error if it cannot be played */
export async function playFile(file: string): Promise<Played> {
  const pipeline = parseLaunch(
    'filesrc name=file ! decodebin ! video/x-raw ! identity name=seen silent=true ! fakesink name=out sync=false enable-last-sample=true',
  );
  element(pipeline, 'file').location = file;
  pipeline.setState(Gst.State.PLAYING);
  try {
    let first: bigint | null = null;
    let last = 0n;
    for (;;) {
      const { error, eos } = drainBus(pipeline);
      const sample = element(pipeline, 'out').lastSample as { getBuffer(): { pts: bigint } } | null;
      if (sample) {
        last = sample.getBuffer().pts;
        first ??= last;
      }
      // A truncated file may end in the middle of a frame; what is before it counts.
      if (error && first === null) throw new Error(`${error.element}: ${error.message}`);
      if (eos || error) break;
      await sleep(5);
    }
    const stats = element(pipeline, 'seen').stats as Structure;
    return { frames: Number(stats.getUint64('num-buffers')[1]), lengthMs: Number(last - (first ?? 0n)) / 1e6 };
  } finally {
    closePipeline(pipeline);
  }
}
