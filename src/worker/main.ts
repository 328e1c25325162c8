import { Housekeeping } from '../gst/housekeeping.js';
import { checkToWorker, type FromWorker } from '../messages/camera-worker.js';
import { checkToMultiCamera, type FromMultiCamera } from '../messages/multi-camera.js';
import { installedCodecs, probe } from './encoding/probe.js';
import { MultiCameraConnections } from './sessions/multi-camera-connections.js';
import { WorkerSessions } from './sessions/sessions.js';
import { warmUp } from './sessions/warm-up.js';
import { useMarkFont } from './sources/time-mark.js';

// A camera's process: `main.js camera ID`; that of connections with several cameras: `main.js bundles`; or `main.js probe [ENCODER …]` with the encoders that are to be left alone.
const [role = '', ...rest] = process.argv.slice(2);
const began = performance.now();
const housekeeping = new Housekeeping();
const send = (message: FromWorker | FromMultiCamera): void => {
  if (process.connected) process.send?.(message);
};

type ToEvery = { type: 'ping'; sequence: number } | { type: 'close' };

// The parent ends workers; a Ctrl-C on the terminal goes to the whole process group and is the parent's to handle.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// Without its parent a worker is nobody's: it goes at once, whatever GStreamer still does.
process.on('disconnect', () => process.exit(0));

useMarkFont();
housekeeping.disturb();
if (role === 'probe') {
  await probe(send, new Set(rest));
  process.disconnect?.();
} else if (role === 'bundles') {
  process.title = 'bigfootbot-video: bundles';
  const bundles = new MultiCameraConnections(send, housekeeping);
  serve(
    checkToMultiCamera,
    message => bundles.handle(message),
    () => bundles.close(),
  );
  send({ type: 'ready', warmMs: await warm() });
} else {
  process.title = `bigfootbot-video: camera ${rest[0] ?? ''}`;
  const sessions = new WorkerSessions(send, housekeeping);
  serve(
    checkToWorker,
    message => sessions.handle(message),
    () => sessions.close(),
  );
  send({ type: 'ready', warmMs: await warm(), codecs: installedCodecs() });
}

/** Hears the parent. */
function serve<M extends { type: string }>(
  check: (data: unknown) => M | ToEvery | null,
  handle: (message: Exclude<M, ToEvery>) => void,
  close: () => void,
): void {
  process.on('message', (data: unknown) => {
    const message = check(data);
    if (!message) send({ type: 'log', level: 'error', event: 'unknown message', fields: {} });
    else if (message.type === 'ping') {
      // The one thing that wakes an idle worker.
      housekeeping.pump();
      send({ type: 'pong', sequence: (message as { sequence: number }).sequence });
    } else if (message.type === 'close') {
      close();
      process.exit(0);
    } else handle(message as Exclude<M, ToEvery>);
  });
}

/** @returns ms since the process began */
async function warm(): Promise<number> {
  await warmUp();
  housekeeping.collect();
  return Math.round(performance.now() - began);
}
