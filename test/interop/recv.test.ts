// The command `recv` against third-party servers and senders.
import t, { type Test } from 'tap';
import { startForeign, startForeignServer } from '../helpers/foreign-server.js';
import { noJanus, startJanus } from '../helpers/janus.js';
import { missing } from '../helpers/python-program.js';
import { startRecv } from '../helpers/recv.js';
import { until } from '../helpers/server.js';

const TOKEN = 'a-token-of-theirs';
const noGi = missing('gi', 'python3-gi');

/** It shows enough frames of each camera, of that size, at about their rate, and leaves. */
async function receives(t: Test, words: string[], cameras: string[], [width, height]: [number, number]): Promise<void> {
  const recv = startRecv(t, [...words, '--headless'], { token: TOKEN });
  for (const camera of cameras) t.match(await recv.heard('frame', camera), { width, height });
  for (const camera of cameras) {
    await until('30 frames', () => Number(recv.figures(camera).frames) > 30);
    const { state, fps } = recv.figures(camera);
    t.equal(state, 'live');
    t.ok(Number(fps) > 5, `${fps} fps`);
  }
  t.equal(await recv.stop(), 0);
}

t.test('webrtcbin', { skip: noGi }, async t => {
  const server = await startForeignServer(t, 'webrtcbin_whep.py', `--token=${TOKEN}`, '--relative-location');
  await receives(t, [server.url], ['127.0.0.1'], [480, 270]);
  t.equal((await server.heard('ended')).why, 'delete', 'it was notified that recv left');

  const wrong = startRecv(t, [server.url, '--headless'], { token: 'another' });
  t.equal(await wrong.exited, 77, wrong.stderr.join('\n'));
});

t.test('webrtcbin without H.264, with each way to say so', { skip: noGi }, async t => {
  await Promise.all(
    ['406', '422', 'inactive'].map(async refusal => {
      const server = await startForeignServer(t, 'webrtcbin_whep.py', '--no-h264', '--refusal', refusal);
      const recv = startRecv(t, [server.url, '--headless']);
      t.equal(await recv.exited, 76, `${refusal}: ${recv.stderr.join('\n')}`);
    }),
  );
});

t.test('a server that dies and does not come back', { skip: noGi }, async t => {
  const server = await startForeignServer(t, 'webrtcbin_whep.py', '--die-after', '2');
  const recv = startRecv(t, [server.url, '--headless']);
  await recv.heard('frame');
  t.match(await recv.heard('stale'), { camera: /.+/ });
  t.match((await recv.heard('down')).detail, /lost|closed|ended|refuses/);
  await until('it says that the server is gone', () =>
    recv.events.some(({ event, code }) => event === 'down' && code === 'unreachable'),
  );
  t.equal(recv.child.exitCode, null, 'it keeps trying');
  t.equal(await recv.stop(), 0);
});

t.test('aiortc', { skip: missing('aiortc', 'python3-aiortc') }, async t => {
  const server = await startForeignServer(t, 'aiortc_whep.py', `--token=${TOKEN}`);
  await receives(t, [server.url], ['127.0.0.1'], [400, 304]);
});

t.test('Janus', { skip: noJanus }, async t => {
  const { url } = await startJanus(t);
  await receives(t, [url], ['127.0.0.1'], [560, 320]);
});

t.test(
  'a legacy sender, in both dialects, and one that sends HELLO itself',
  { skip: noGi || missing('websockets', 'python3-websockets') },
  async t => {
    for (const dialect of [['--form', 'nested'], ['--form', 'flat'], ['--x86']]) {
      const signaling = await startForeignServer(t, 'legacy_broadcast.py');
      const sender = startForeign(t, 'legacy_sender.py', signaling.url, '--cameras', '2', ...dialect);
      await sender.heard(dialect[0] === '--x86' ? 'offered' : 'ready');
      await receives(t, [signaling.url, '--legacy'], ['camera1', 'camera2'], [640, 480]);
      sender.kill();
      signaling.kill();
    }
  },
);

t.test('a signaling server without a sender', { skip: missing('websockets', 'python3-websockets') }, async t => {
  const signaling = await startForeignServer(t, 'legacy_broadcast.py');
  const recv = startRecv(t, [signaling.url, '--legacy', '--headless']);
  t.equal(await recv.exited, 69);
  t.match(recv.stderr.at(-1), /no sender answered/);
});
