import { rendered } from './meter.js';
import { Gst, type Pipeline } from './native.js';
import { closePipeline, element, isOver, parseLaunch } from './pipeline.js';
import { poll } from './poll.js';

const TIMEOUT_MS = 5_000;

/**
 * Runs a finite pipeline. @returns why it produced no output; null if it did
 * @param line a launch line without its sink
 * @param prepare sets properties that are not in the line
 */
export async function trial(line: string, prepare?: (pipeline: Pipeline) => void): Promise<string | null> {
  try {
    const pipeline = parseLaunch(`${line} ! fakesink name=sink`);
    try {
      prepare?.(pipeline);
      pipeline.setState(Gst.State.PLAYING);
      const isDone = await poll(() => isOver(pipeline), { timeoutMs: TIMEOUT_MS });
      if (!isDone) return `not finished within ${TIMEOUT_MS / 1000} s`;
      return rendered(element(pipeline, 'sink')) > 0 ? null : 'it produced no output';
    } finally {
      closePipeline(pipeline);
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
