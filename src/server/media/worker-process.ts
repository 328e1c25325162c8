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

/** The multi-camera process; its role is called `bundles` on the command line. */
export function startMultiCamera(
  options: Omit<ChildProcessOptions<FromMultiCamera>, 'entry' | 'check' | 'args'>,
): ChildProcess<ToMultiCamera, FromMultiCamera> {
  return new ChildProcess({ ...options, args: ['bundles'], entry: ENTRY, check: checkFromMultiCamera });
}

/**
 * A worker that exits once restarts at once; one that exits repeatedly must not keep the machine busy. Restarts never
 * stop: a repaired camera comes back automatically.
 */
export const WORKER_RESTARTS: RestartPolicy = {
  delaysMs: [0, 250, 1000, 2000, 5000, 10_000],
  steadyMs: 30_000,
  giveUpAfter: null,
  // Each may hold 100 MB, and the cause of the hang is likely to affect the next one too.
  maxStuck: 3,
};
