import { fileURLToPath } from 'node:url';
import { checkFromBundles, type FromBundles, type ToBundles } from '../messages/bundles.js';
import { checkFromWorker, type FromWorker, type ToWorker } from '../messages/camera-worker.js';
import { ChildProcess, type ChildProcessOptions, type ChildTimes } from '../process/child-process.js';

const ENTRY = fileURLToPath(new URL('../worker/main.js', import.meta.url));

export type WorkerProcess = ChildProcess<ToWorker, FromWorker>;
export type WorkerTimes = ChildTimes;

/** A camera's worker, or a probe. @param options its args are those of src/worker/main.ts */
export function startWorker(options: Omit<ChildProcessOptions<FromWorker>, 'entry' | 'check'>): WorkerProcess {
  return new ChildProcess({ ...options, entry: ENTRY, check: checkFromWorker });
}

/** The process of connections in which several cameras meet. */
export function startBundles(
  options: Omit<ChildProcessOptions<FromBundles>, 'entry' | 'check' | 'args'>,
): ChildProcess<ToBundles, FromBundles> {
  return new ChildProcess({ ...options, args: ['bundles'], entry: ENTRY, check: checkFromBundles });
}
