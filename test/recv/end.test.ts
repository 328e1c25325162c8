// The command `recv` before it has a camera: a server that hangs does not delay its end.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { startRecv } from '../helpers/recv.js';
import { until } from '../helpers/server.js';

t.test('recv ends on a signal, whatever hangs', async t => {
  let asked = 0;
  const silent = createServer(() => {
    asked++;
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const cases: [name: string, words: string[]][] = [
    ['a robot', [`http://127.0.0.1:${port}`]],
    ['a legacy signaling server', [`ws://127.0.0.1:${port}`, '--legacy', 'cam', '--headless']],
  ];
  for (const [name, words] of cases) {
    const before = asked;
    const recv = startRecv(t, words);
    await until(`${name} was asked`, () => asked > before);
    const began = performance.now();
    // Twice, as a shell and npm may send it together.
    recv.child.kill('SIGINT');
    t.equal(await recv.stop(), 0, `${name}: ${recv.stderr.join('\n')}`);
    // recv waits 15 s for a server.
    t.ok(performance.now() - began < 12_000, name);
  }
  const nobody = startRecv(t, ['http://127.0.0.1:1', '--wait', '--duration', '1']);
  t.equal(await nobody.exited, 0, `nobody, for --duration: ${nobody.stderr.join('\n')}`);
});
