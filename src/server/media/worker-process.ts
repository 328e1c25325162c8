import { fileURLToPath } from 'node:url';
import { checkFromWorker, type FromWorker, type ToWorker } from '../../messages/camera-worker.js';
import { checkFromMultiCamera, type FromMultiCamera, type ToMultiCamera } from '../../messages/multi-camera.js';
import { ChildProcess, type ChildProcessOptions } from '../../process/child-process.js';
import type { RestartPolicy } from '../../process/restart-policy.js';

const ENTRY = fileURLToPath(new URL('../../worker/main.js', import.meta.url));

export type WorkerProcess = ChildProcess<ToWorker, FromWorker>;

/** A camera's worker, or a probe. @param options its args are those of src/worker/main.ts */
export function startWorker(options: Omit<ChildProcessOptions<FromWorker>, 'entry' | 'check'>): WorkerProcess {
  return new ChildProcess({ ...options, entry: ENTRY, check: checkFromWorker });
}

/** The process of connections in which several cameras meet. */
export function startMultiCamera(
  options: Omit<ChildProcessOptions<FromMultiCamera>, 'entry' | 'check' | 'args'>,
): ChildProcess<ToMultiCamera, FromMultiCamera> {
  return new ChildProcess({ ...options, args: ['bundles'], entry: ENTRY, check: checkFromMultiCamera });
}

/**
 * A worker that dies once costs as little as it can; one that dies again and again is not to keep the machine busy.
 * It never ends for good: a camera that is repaired comes back by itself.
 */
export const WORKER_RESTARTS: RestartPolicy = {
  delaysMs: [0, 250, 1000, 2000, 5000, 10_000],
  steadyMs: 30_000,
  giveUpAfter: null,
  // Each may hold a hundred MB, and whatever it hangs in is likely to be there for the next one too.
  maxStuck: 3,
};
