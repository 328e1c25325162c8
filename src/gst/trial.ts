import { rendered } from './meter.js';
import { Gst, type Pipeline } from './native.js';
import { closePipeline, element, isOver, parseLaunch } from './pipeline.js';
import { poll } from './poll.js';

const TIMEOUT_MS = 5_000;

/**
 * Runs a pipeline that ends by itself, and tells why it did not bring what it should; null if it did.
 * @param line a launch line without its sink
 * @param prepare sets what is no part of the line
 */
export async function trial(line: string, prepare?: (pipeline: Pipeline) => void): Promise<string | null> {
  try {
    const pipeline = parseLaunch(`${line} ! fakesink name=sink`);
    try {
      prepare?.(pipeline);
      pipeline.setState(Gst.State.PLAYING);
      const isDone = await poll(() => isOver(pipeline), { timeoutMs: TIMEOUT_MS });
      if (!isDone) return `it was not done within ${TIMEOUT_MS / 1000} s`;
      return rendered(element(pipeline, 'sink')) > 0 ? null : 'nothing came out of it';
    } finally {
      closePipeline(pipeline);
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
