// The command `recv` before it has a camera: what hangs does not hold it up.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { startRecv } from '../helpers/recv.js';
import { until } from '../helpers/server.js';

t.test('it ends when it is told to, whoever hangs', async t => {
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
    ['an old signaling server', [`ws://127.0.0.1:${port}`, '--legacy', 'cam', '--headless']],
  ];
  for (const [name, words] of cases) {
    const before = asked;
    const recv = startRecv(t, words);
    await until(`${name} was asked`, () => asked > before);
    const began = performance.now();
    // Twice, as a shell and npm may do it together.
    recv.child.kill('SIGINT');
    t.equal(await recv.stop(), 0, `${name}: ${recv.stderr.join('\n')}`);
    // A server is waited for 15 s.
    t.ok(performance.now() - began < 12_000, name);
  }
  const nobody = startRecv(t, ['http://127.0.0.1:1', '--wait', '--duration', '1']);
  t.equal(await nobody.exited, 0, `nobody, for --duration: ${nobody.stderr.join('\n')}`);
});
