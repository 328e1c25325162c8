import { rename, rm } from 'node:fs/promises';
import { Gst, type Sample } from '../../gst/native.js';
import { closePipeline, drainBus, element, parseLaunch } from '../../gst/pipeline.js';
import { poll } from '../../gst/poll.js';
import { describeSnapshotFile } from './lines.js';

const TIMEOUT_MS = 5_000;

/** Writes a frame into a file, atomically. @throws Error */
export async function writeSnapshot(frame: Sample, file: string): Promise<void> {
  const part = `${file}.part`;
  const pipeline = parseLaunch(describeSnapshotFile(/\.png$/i.test(file) ? 'png' : 'jpg'));
  try {
    element(pipeline, 'file').location = part;
    element(pipeline, 'in').caps = frame.getCaps();
    pipeline.setState(Gst.State.PLAYING);
    element(pipeline, 'in').emit('push-sample', frame);
    element(pipeline, 'in').emit('end-of-stream');
    const isWritten = (): true | null => {
      const { error, eos } = drainBus(pipeline);
      if (error) throw new Error(`${error.message} ${error.debug.split('\n').slice(1).join(' ')}`.trim());
      return eos || null;
    };
    if (!(await poll(isWritten, { timeoutMs: TIMEOUT_MS })))
      throw new Error(`it was not written within ${TIMEOUT_MS / 1000} s`);
    closePipeline(pipeline);
    await rename(part, file);
  } catch (error) {
    closePipeline(pipeline);
    await rm(part, { force: true });
    throw error;
  }
}
