import type { Pipeline, Structure } from './native.js';
import { Gst } from './native.js';
import { closePipeline, drainBus, element, parseLaunch } from './pipeline.js';

const PATIENCE_MS = 5_000;
const POLL_MS = 5;

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
      const until = performance.now() + PATIENCE_MS;
      while (performance.now() < until) {
        const { error, eos } = drainBus(pipeline);
        if (error) return `${error.element}: ${error.message}`;
        if (eos) {
          const stats = element(pipeline, 'sink').stats as Structure;
          return stats.getUint64('rendered')[1] > 0 ? null : 'nothing came out of it';
        }
        await new Promise(resolve => setTimeout(resolve, POLL_MS));
      }
      return `it was not done within ${PATIENCE_MS / 1000} s`;
    } finally {
      closePipeline(pipeline);
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
