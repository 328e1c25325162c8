// A player that dies whenever frames arrive, as with a decoder that crashes on real ones.
import t from 'tap';
import { DECODERS } from '../../src/gst/decoders.js';
import { startRecv } from '../helpers/recv.js';
import { sleep, startServer } from '../helpers/server.js';

t.test('a decoder that fails is replaced by the next; when none is left recv ends and says so', async t => {
  const server = await startServer('--camera', 'arm=test');
  t.teardown(() => server.close());
  const recv = startRecv(t, [server.origin, 'arm', '--headless'], { token: server.token });
  const decoders = (): unknown[] =>
    recv.events.filter(({ event }) => event === 'prepared').map(({ decoder }) => decoder);
  const killed = new Set<number>();
  let code: number | null | undefined;
  void recv.exited.then(exitCode => {
    code = exitCode;
  });
  // Three deaths of each decoder that may be installed, and some to spare.
  const enough = 3 * DECODERS.length + 3;
  let frames = 0;
  while (code === undefined && killed.size < enough) {
    const came = recv.events.filter(({ event }) => event === 'frame').length;
    const player = recv.player();
    if (came > frames && player !== 0 && !killed.has(player)) {
      frames = came;
      killed.add(player);
      process.kill(player, 'SIGKILL');
    }
    await sleep(10);
  }
  t.ok(killed.size < enough, `it gives up; it was killed ${killed.size} times`);
  t.equal(await recv.exited, 71, recv.stderr.join('\n'));
  t.match(recv.stderr.at(-1), /no H.264 decoder works.*avdec_h264: it crashed the player/);
  t.strictSame(decoders().slice(0, 2), ['avdec_h264', 'openh264dec'], 'both were tried');
  t.equal(killed.size, 3 * decoders().length, 'three times each');
});
