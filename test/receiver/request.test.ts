import { connect } from 'node:net';
import t from 'tap';
import { ReceiveFailure } from '../../src/receiver/failure.js';
import { ask, askAnyStatus, printable, type Question } from '../../src/receiver/request.js';
import { failureOf, startFakeServer } from '../helpers/fake-server.js';
import { freePort } from '../helpers/free-port.js';

const ESC = '\u001b[2J\u0007';
const refused = (url: URL, question: Partial<Question> = {}): Promise<ReceiveFailure> =>
  failureOf(ReceiveFailure, ask(url, { token: null, ...question }));

t.test('a good answer, and its request', async t => {
  const server = await startFakeServer(t, (_, response) =>
    response.writeHead(201, { 'X-Said': 'yes' }).end('välkommen'),
  );
  const answer = await ask(new URL('/a', server.url), {
    method: 'POST',
    body: 'b',
    token: 'secret',
    headers: { 'X-A': '1' },
  });
  t.match(answer, { status: 201, body: 'välkommen' });
  t.equal(answer.headers.get('X-Said'), 'yes');
  t.match(server.heard, [
    { method: 'POST', path: '/a', body: 'b', headers: { authorization: 'Bearer secret', 'x-a': '1' } },
  ]);
  await ask(server.url, { token: null });
  t.equal(server.heard[1]?.headers.authorization, undefined, 'no token, no header');
});

t.test('the meaning of a status, and whether it is transient', async t => {
  let status = 200;
  const server = await startFakeServer(t, (_, response) =>
    response.writeHead(status, { 'Retry-After': '7' }).end('<p>no</p>'),
  );
  const cases: [number, string, boolean][] = [
    [304, 'invalid-answer', false],
    [400, 'invalid-answer', false],
    [401, 'unauthorized', false],
    [403, 'unauthorized', false],
    [404, 'unknown-camera', false],
    [405, 'invalid-answer', false],
    [406, 'no-common-codec', false],
    [409, 'unavailable', true],
    [410, 'invalid-answer', false],
    [415, 'invalid-answer', false],
    [422, 'invalid-answer', false],
    [429, 'unavailable', true],
    [500, 'unavailable', true],
    [503, 'unavailable', true],
  ];
  for (const [code, expected, passes] of cases) {
    status = code;
    const failure = await refused(new URL('/whep/a', server.url));
    t.equal(failure.code, expected, `${code}`);
    t.equal(failure.isTransient, passes, `${code}: is retried`);
    t.equal(failure.retryAfterMs, 7_000, `${code}: after how long`);
    t.match(failure.message, `/whep/a answered ${code}`);
    t.equal((await askAnyStatus(server.url, { token: null })).status, code, 'which is still an answer');
  }
});

t.test('problem documents: their text in a line, and their code instead of the status', async t => {
  let body = '';
  const server = await startFakeServer(t, (_, response) => response.writeHead(422).end(body));
  const failing = async (problem: object): Promise<ReceiveFailure> => {
    body = JSON.stringify(problem);
    return await refused(server.url);
  };
  const codec = await failing({ code: 'no-common-codec', detail: `VP8${ESC}\nalone`, remedy: `Take\r\nH.264${ESC}` });
  t.equal(codec.code, 'no-common-codec');
  t.match(codec.words, /answered 422: VP8 \[2J alone\. Take H\.264 \[2J$/);
  t.notMatch(codec.words, /\p{Cc}/u);
  for (const code of ['constructor', '__proto__', 'toString', 7, null, ['no-common-codec']])
    t.equal((await failing({ code, detail: 'x' })).code, 'invalid-answer', String(code));
  const long = await failing({ detail: 'x'.repeat(100_000), remedy: 'y'.repeat(100_000) });
  t.ok(long.words.length < 1_000, 'and at most a line');
  for (const strange of ['', '[]', 'null', '{', '<html>', `"${ESC}"`, '{"detail":{"a":1}}']) {
    body = strange;
    t.match((await refused(server.url)).message, /did not say why/, strange);
  }
});

t.test('a body that never ends does not fill the memory', async t => {
  let sent = 0;
  let isCut = false;
  const server = await startFakeServer(t, (_, response) => {
    const chunk = Buffer.alloc(65_536, 'x');
    const write = (): void => {
      while (!isCut && response.write(chunk)) sent += chunk.length;
    };
    response.on('drain', write).on('close', () => {
      isCut = true;
    });
    write();
  });
  const failure = await refused(server.url, { timeoutMs: 8_000 });
  t.equal(failure.code, 'invalid-answer');
  t.match(failure.message, /more than 1000000 characters/);
  t.ok(sent < 30_000_000, `${sent} bytes were sent`);
  const large = 'ä'.repeat(400_000);
  const honest = await startFakeServer(t, (_, response) => void response.end(large));
  t.equal((await ask(honest.url, { token: null })).body, large, 'letters of two bytes, across chunks');
});

t.test('a server that does not answer, or not completely', async t => {
  const silent = await startFakeServer(t, () => undefined);
  const began = performance.now();
  const failure = await refused(silent.url, { timeoutMs: 200 });
  t.equal(failure.code, 'unreachable');
  t.match(failure.message, /did not answer within 0\.2 s/);
  t.ok(performance.now() - began < 10_000);
  const slow = await startFakeServer(t, (_, response) => void response.writeHead(200).write('a'));
  t.equal((await refused(slow.url, { timeoutMs: 200 })).code, 'unreachable', 'in the middle of its body');
  const dying = await startFakeServer(t, request => request.socket.destroy());
  t.equal((await refused(dying.url)).code, 'unreachable', 'it hangs up');
  const abort = new AbortController();
  const asked = refused(silent.url, { signal: abort.signal });
  abort.abort();
  t.ok(await asked, 'the request was aborted');
});

t.test('no server, no such host, no TLS', async t => {
  const nobody = await refused(new URL(`http://127.0.0.1:${await freePort()}/`));
  t.equal(nobody.code, 'unreachable');
  t.match(nobody.words, /refuses the connection\. Start the server there/);
  const unknown = await refused(new URL('http://no-such-host.invalid/'));
  t.equal(unknown.code, 'unknown-host');
  t.match(unknown.message, /"no-such-host\.invalid"/);
  const plain = await startFakeServer(t, (_, response) => void response.end());
  const tls = await refused(new URL(`https://${plain.url.host}/`));
  t.equal(tls.code, 'unreachable');
  t.match(tls.words, /does not speak TLS\. Write http:/);
});

t.test('a server that does not speak HTTP', async t => {
  const server = await startFakeServer(t, request => void request.socket.end(`SSH-2.0-x${ESC}\r\n`));
  const failure = await refused(server.url);
  t.equal(failure.code, 'unreachable');
  t.notMatch(failure.words, /\p{Cc}/u);
  t.ok(connect(Number(server.url.port), '127.0.0.1').destroy());
});

t.test('redirects: the token is not sent to another server', async t => {
  const other = await startFakeServer(t, (_, response) => void response.end('other'));
  const server = await startFakeServer(t, (request, response) => {
    const to = request.url === '/elsewhere' ? `${other.url}there` : request.url === '/round' ? '/round' : '/here';
    if (request.url === '/here') response.end('here');
    else response.writeHead(307, { Location: to }).end();
  });
  const question: Question = { method: 'POST', body: 'v=0', token: 'secret' };
  const here = await ask(server.url, question);
  t.equal(here.url.pathname, '/here');
  t.equal(server.heard.at(-1)?.headers.authorization, 'Bearer secret');
  const there = await ask(new URL('/elsewhere', server.url), question);
  t.equal(there.url.href, `${other.url}there`);
  t.match(other.heard, [{ method: 'POST', body: 'v=0' }]);
  t.equal(other.heard[0]?.headers.authorization, undefined);
  t.equal((await refused(new URL('/round', server.url))).code, 'unreachable', 'a loop');
});

t.test('printable', t => {
  t.equal(printable(` a\u001b[31m\r\n\tb\u202ec\u0085d\u2028e `), 'a [31m b c d e');
  t.equal(printable('x'.repeat(1_000)).length, 300);
  t.equal(printable('über 日本 🤖'), 'über 日本 🤖');
  t.end();
});
