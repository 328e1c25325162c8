import { Housekeeping } from '../../gst/housekeeping.js';
import { checkToPlayer, type FromPlayer } from '../../messages/player.js';
import { Player } from './player.js';

// The process of `recv` that decodes and shows. Its stdout is only for piped video.
const began = performance.now();
const housekeeping = new Housekeeping();
const send = (message: FromPlayer): void => {
  if (process.connected) process.send?.(message);
};

// Ctrl-C and a hangup of the terminal reach the whole process group; the parent handles them.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Without its parent a player exits at once, whatever GStreamer is doing.
process.on('disconnect', () => process.exit(0));
process.title = 'bigfootbot-video: player';

housekeeping.disturb();
const player = new Player(send, housekeeping);
process.on('message', (data: unknown) => {
  const message = checkToPlayer(data);
  if (!message) send({ type: 'log', level: 'error', event: 'unknown message', fields: {} });
  else if (message.type === 'ping') {
    housekeeping.pump();
    send({ type: 'pong', sequence: message.sequence });
  } else if (message.type === 'close') {
    // After all pending messages are sent, the process ends with the channel.
    player
      .close()
      .catch(error => send({ type: 'log', level: 'error', event: 'player not closed', fields: { err: String(error) } }))
      .finally(() => process.disconnect?.());
  } else player.handle(message);
});
send({ type: 'ready', warmMs: Math.round(performance.now() - began) });
