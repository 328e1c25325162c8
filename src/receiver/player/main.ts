import { Housekeeping } from '../../gst/housekeeping.js';
import { checkToPlayer, type FromPlayer } from '../../messages/player.js';
import { Player } from './player.js';

// The process of `recv` that decodes and shows. Its stdout is for the pictures that are piped, and for nothing else.
const began = performance.now();
const housekeeping = new Housekeeping();
const send = (message: FromPlayer): void => {
  if (process.connected) process.send?.(message);
};

// A Ctrl-C on the terminal, and its end, go to the whole process group and are the parent's to handle.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Without its parent a player is nobody's: it goes at once, whatever GStreamer still does.
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
    // When all that was said is out, the process ends with the channel.
    player
      .close()
      .catch(error => send({ type: 'log', level: 'error', event: 'player not closed', fields: { err: String(error) } }))
      .finally(() => process.disconnect?.());
  } else player.handle(message);
});
send({ type: 'ready', warmMs: Math.round(performance.now() - began) });
