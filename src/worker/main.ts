import { Housekeeping } from '../gst/housekeeping.js';
import { checkToWorker, type FromWorker } from '../media/messages.js';
import { installedCodecs, probe } from './probe.js';
import { WorkerSessions } from './sessions.js';
import { useMarkFont } from './time-mark.js';
import { warmUp } from './warm-up.js';

// A camera's process: `main.js camera ID`, or `main.js probe [ENCODER …]` with the encoders that are to be left alone.
const [role = '', ...rest] = process.argv.slice(2);
const began = performance.now();
const housekeeping = new Housekeeping();
const send = (message: FromWorker): void => {
  if (process.connected) process.send?.(message);
};

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
} else {
  process.title = `bigfootbot-video: camera ${rest[0] ?? ''}`;
  const sessions = new WorkerSessions(send, housekeeping);
  process.on('message', (data: unknown) => {
    const message = checkToWorker(data);
    if (!message) send({ type: 'log', level: 'error', event: 'unknown message', fields: {} });
    else if (message.type === 'ping') {
      // The one thing that wakes an idle worker.
      housekeeping.pump();
      send({ type: 'pong', sequence: message.sequence });
    } else if (message.type === 'close') {
      sessions.close();
      process.exit(0);
    } else sessions.handle(message);
  });
  await warmUp();
  housekeeping.collect();
  send({ type: 'ready', warmMs: Math.round(performance.now() - began), codecs: installedCodecs() });
}
