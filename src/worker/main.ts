import { Housekeeping } from '../gst/housekeeping.js';
import { checkToWorker, type FromWorker } from '../messages/camera-worker.js';
import { checkToMultiCamera, type FromMultiCamera } from '../messages/multi-camera.js';
import { installedCodecs, probe } from './encoding/probe.js';
import { MultiCameraConnections } from './sessions/multi-camera-connections.js';
import { WorkerSessions } from './sessions/sessions.js';
import { warmUp } from './sessions/warm-up.js';
import { useMarkFont } from './sources/time-mark.js';

// The process of a camera: `main.js camera ID`; of multi-camera connections: `main.js bundles`; of the probe: `main.js
// probe [ENCODER …]`, with the encoders to skip.
const [role = '', ...rest] = process.argv.slice(2);
const began = performance.now();
const housekeeping = new Housekeeping();
const send = (message: FromWorker | FromMultiCamera): void => {
  if (process.connected) process.send?.(message);
};

type ToEvery = { type: 'ping'; sequence: number } | { type: 'close' };

// The parent ends workers; Ctrl-C on a terminal signals the whole process group, and the parent handles it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// A worker without its parent exits at once, even while GStreamer is busy.
process.on('disconnect', () => process.exit(0));

useMarkFont();
housekeeping.disturb();
if (role === 'probe') {
  await probe(send, new Set(rest));
  process.disconnect?.();
} else if (role === 'bundles') {
  process.title = 'bigfootbot-video: bundles';
  const connections = new MultiCameraConnections(send, housekeeping);
  serve(
    checkToMultiCamera,
    message => connections.handle(message),
    () => connections.close(),
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

/** Handles the parent's messages. */
function serve<M extends { type: string }>(
  check: (data: unknown) => M | ToEvery | null,
  handle: (message: Exclude<M, ToEvery>) => void,
  close: () => void,
): void {
  process.on('message', (data: unknown) => {
    const message = check(data);
    if (!message) send({ type: 'log', level: 'error', event: 'unknown message', fields: {} });
    else if (message.type === 'ping') {
      // Only pings wake an idle worker.
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
