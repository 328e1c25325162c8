import { createServer } from 'node:net';
import t from 'tap';
import { parseIceUrl } from '../../src/protocol/ice-url.js';
import { probeServer, within } from '../../src/server/ice/probe.js';
import { resolveHost } from '../../src/server/ice/resolve.js';
import { encodeStun } from '../../src/server/ice/stun-message.js';
import { agree, tcpStunServer, udpStunServer } from '../helpers/stun-server.js';

t.test('a server that answers is reachable, over UDP and TCP, even with an error', async t => {
  const refuse: typeof agree = request => encodeStun({ ...request, kind: 'error', attributes: [] });
  for (const reply of [agree, refuse]) {
    for (const { url } of [await udpStunServer(t, reply), await tcpStunServer(t, reply)]) {
      const { address, roundTripMs } = await probeServer(url);
      t.equal(address, '127.0.0.1');
      t.ok(roundTripMs >= 0);
    }
  }
});

t.test('a lost request is retransmitted', async t => {
  let lost = 0;
  const server = await udpStunServer(t, request => (lost++ === 0 ? null : agree(request)));
  await probeServer(server.url);
  t.equal(server.asked, 2);
});

t.test('a name from /etc/hosts', async t => {
  const { url } = await udpStunServer(t, agree);
  t.match(await probeServer({ ...url, host: 'localhost' }), { address: '127.0.0.1' });
});

t.test('an unreachable server, with the reason', async t => {
  const other = encodeStun({ method: 1, kind: 'success', transaction: Buffer.alloc(12), attributes: [] });
  const silent = await udpStunServer(t, () => null);
  const strange = await udpStunServer(t, () => other);
  const echo = await udpStunServer(t, request => encodeStun(request));
  const rubbish = await udpStunServer(t, () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const web = createServer(socket => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  t.teardown(() => web.close());
  await new Promise<void>(resolve => web.listen(0, '127.0.0.1', resolve));
  const { port } = web.address() as { port: number };
  const cases: [string, Parameters<typeof probeServer>[0], RegExp][] = [
    ['silent', silent.url, /^no answer within 3 s$/],
    ["an answer to somebody else's request", strange.url, /^no answer within 3 s$/],
    ['a request for an answer', echo.url, /^no answer within 3 s$/],
    ['no STUN', rubbish.url, /^no answer within 3 s$/],
    ['a closed port', parseIceUrl('stun:127.0.0.1:1'), /nothing listens there/],
    ['a closed TCP port', parseIceUrl('turn:127.0.0.1:1?transport=tcp'), /nothing listens there/],
    [
      'a web server',
      parseIceUrl(`turn:127.0.0.1:${port}?transport=tcp`),
      /not a STUN or TURN server|closed the connection/,
    ],
    ['no TLS', parseIceUrl(`turns:127.0.0.1:${port}`), /./],
  ];
  // In parallel: most of them take 3 s.
  await Promise.all(
    cases.map(async ([name, url, words]) => {
      await t.rejects(probeServer(url), { message: words }, name);
    }),
  );
});

t.test('a probe can be aborted', async t => {
  const { url } = await udpStunServer(t, () => null);
  const given = new AbortController();
  const probe = probeServer(url, given.signal);
  given.abort(new Error('enough'));
  await t.rejects(probe, { message: 'enough' });
  await t.rejects(probeServer(url, AbortSignal.abort(new Error('at once'))), { message: 'at once' });
});

t.test('a name server that does not answer delays a probe only up to its timeout', async t => {
  const signal = (ms: number): AbortSignal => AbortSignal.timeout(ms);
  t.strictSame(await resolveHost('2001:db8::1', signal(1)), ['2001:db8::1']);
  // `.invalid` never exists (RFC 6761); it ends whether DNS says so or does not answer.
  await t.rejects(
    within(300, undefined, patience => resolveHost('robot.invalid', patience)),
    { message: /./ },
  );
});
