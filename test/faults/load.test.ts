import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { connectionLimit } from '../../src/server/http/servers.js';
import { IS_LONG } from '../helpers/long.js';
import { resourcesOf, startServer, startServerUnder, type TestServer, until } from '../helpers/server.js';

const IDLE = 1_000;
const SLOW = 200;
const BURST = 1_000;
const AT_ONCE = 50;
/** ms; a refusal comes much sooner. */
const HANGS_MS = 20_000;

/** Idle connections. */
async function open(t: Test, port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(port, '127.0.0.1');
    // The server may close it at any moment.
    socket.on('error', () => undefined);
    socket.resume();
    return socket;
  });
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(
    sockets.map(socket => new Promise<void>(resolve => socket.once('connect', resolve).once('close', () => resolve()))),
  );
  return sockets;
}

interface Asked {
  method?: string;
  path: string;
  body?: string;
  agent?: Agent | false;
  /** The local address that it is sent from. */
  from?: string;
}

/** The answer; null for a refused connection. Fails if there is no answer. */
function ask({ port, token }: TestServer, { method = 'GET', path, body, agent = false, from }: Asked) {
  return new Promise<{ status: number; retryAfter: string | undefined; type: string | undefined } | null>(
    (resolve, reject) => {
      const headers = {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      };
      const local = from === undefined ? {} : { localAddress: from };
      const outgoing = request(
        { host: '127.0.0.1', port, method, path, headers, agent, timeout: HANGS_MS, ...local },
        response => {
          response.resume();
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              retryAfter: response.headers['retry-after'],
              type: response.headers['content-type'],
            }),
          );
          response.on('error', () => resolve(null));
        },
      );
      outgoing.on('timeout', () => {
        reject(new Error(`${method} ${path} is not answered`));
        outgoing.destroy();
      });
      outgoing.on('error', () => resolve(null));
      outgoing.end(body);
    },
  );
}

const count = (statuses: readonly number[]): Record<string, number> => {
  const found: Record<string, number> = {};
  for (const status of statuses) found[status] = (found[status] ?? 0) + 1;
  return found;
};

const server = await startServer('--camera', 't=test');
t.teardown(() => server.close());

t.test('idle connections, and slow senders, keep nobody out', async t => {
  const before = resourcesOf(server.pid).sockets;
  const sockets = await open(t, server.port, IDLE + SLOW);
  const slow = sockets.slice(IDLE);
  for (const socket of slow) socket.write('POST /whep/t HTTP/1.1\r\nHost: x\r\nX-Drops: ');
  const drops = setInterval(() => {
    for (const socket of slow) socket.write('x');
  }, 200);
  t.teardown(() => clearInterval(drops));
  await until('the server has them all', () => resourcesOf(server.pid).sockets >= before + IDLE);
  for (let i = 0; i < 20; i++)
    t.equal((await ask(server, { path: '/api/v1/cameras' }))?.status, 200, 'a new one is served');
  t.equal((await ask(server, { path: '/' }))?.status, 200, 'files too');
  // Idle connections are closed after at most a minute.
  if (IS_LONG) await until('all are closed', () => resourcesOf(server.pid).sockets <= before, 60_000);
});

t.test('requests that are not HTTP are answered with a problem document', async t => {
  const say = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', data => {
        answer += String(data);
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });
  const cases: [string, string, number][] = [
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['the greeting of TLS', '\x16\x03\x01\x00\x05hello\r\n\r\n', 400],
    ['lengths that differ', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['a header without an end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ];
  for (const [name, text, status] of cases) {
    const [head = '', body = ''] = (await say(text)).split('\r\n\r\n');
    t.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), name);
    t.match(head, /\r\nContent-Type: application\/problem\+json/i, name);
    t.match(JSON.parse(body), { status, code: 'bad-request', detail: String }, name);
  }
  t.equal((await server.fetch('/healthz')).status, 200);
});

t.test('more requests than an address may send: 429, while other addresses and reads are served', async t => {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  t.teardown(() => agent.destroy());
  const posts: number[] = [];
  const gets: number[] = [];
  await Promise.all(
    Array.from({ length: BURST }, async (_, i) => {
      const answer = await ask(server, { method: 'POST', path: '/api/v1/cameras', body: '{}', agent });
      posts.push(answer?.status ?? 0);
      if (answer?.status === 429) t.match(answer.retryAfter, /^[1-9]\d*$/);
      if (i % 10 === 0) gets.push((await ask(server, { path: '/api/v1/cameras', agent }))?.status ?? 0);
    }),
  );
  t.strictSame(Object.keys(count(posts)).sort(), ['422', '429'], JSON.stringify(count(posts)));
  t.strictSame(count(gets), { 200: BURST / 10 });
  const other = await ask(server, { method: 'POST', path: '/api/v1/cameras', body: '{}', from: '127.0.0.2' });
  t.equal(other?.status, 422, 'another address is served');
});

t.test('at the limit of connections another is closed, open ones are served, and later it accepts again', async t => {
  const server = await startServerUnder(['prlimit', '--nofile=128:128'], '--camera', 't=test');
  t.teardown(() => server.close());
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const isThere = async () => (await ask(server, { path: '/healthz' }))?.status === 200;
  t.equal((await ask(server, { path: '/healthz', agent }))?.status, 200);
  const sockets = await open(t, server.port, 300);
  await until('it is full', async () => !(await isThere()));
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(server, { path: '/healthz' })));
  t.ok(
    answers.every(answer => answer === null || answer.status === 503),
    'refused, and not left waiting',
  );
  // A worker needs several descriptors, a file one.
  for (const [asked, status] of [
    [{ method: 'POST', path: '/api/v1/cameras', body: '{"id":"more","source":"test"}' }, 201],
    [{ path: '/' }, 200],
  ] as const)
    t.equal((await ask(server, { ...asked, agent }))?.status, status, `${asked.path}, on an open connection`);
  const snapshot = { path: '/api/v1/cameras/more/snapshot.jpg', agent };
  await until('a camera added meanwhile works', async () => (await ask(server, snapshot))?.status === 200, 20_000);
  for (const socket of sockets) socket.destroy();
  await until('it serves again', isThere);
});

t.test('no file descriptor is left: 503, and later it serves again', async t => {
  const server = await startServer('--camera', 't=test');
  t.teardown(() => server.close());
  // Its worker runs, so that its open descriptors stay the same.
  await until('the worker', () => server.worker('t') > 0);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  t.equal((await ask(server, { path: '/healthz', agent }))?.status, 200);
  const limit = (soft: number | string) => {
    const args = ['--pid', String(server.pid), `--nofile=${soft}:`];
    t.equal(spawnSync('prlimit', args, { encoding: 'utf8' }).stderr, '');
  };
  const before = /Max open files\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/limits`, 'utf8'))?.[1] ?? '';
  limit(1);
  const file = await ask(server, { path: '/', agent });
  t.match(file, { status: 503, retryAfter: /^[1-9]\d*$/, type: /^application\/problem\+json/ });
  const camera = { method: 'POST', path: '/api/v1/cameras', body: '{"id":"more","source":"test"}', agent };
  const made = await ask(server, camera);
  t.ok(made !== null && made.status !== 500, `${made?.status}`);
  t.equal(
    (await ask(server, { path: '/api/v1/cameras', agent }))?.status,
    200,
    'a request that needs none is answered',
  );
  limit(before);
  t.equal((await ask(server, { path: '/', agent }))?.status, 200);
  const snapshot = { path: '/api/v1/cameras/more/snapshot.jpg', agent };
  await until('a camera added meanwhile works', async () => (await ask(server, snapshot))?.status === 200, 20_000);
});

t.test('connections leave some descriptors for other uses', async t => {
  const limit = connectionLimit() ?? 0;
  t.ok(limit > 100, `${limit}`);
  const script = `import('${new URL('../../src/server/http/servers.js', import.meta.url).href}').then(({ connectionLimit }) => console.log(connectionLimit()))`;
  const { stdout } = spawnSync('prlimit', ['--nofile=200:200', process.execPath, '-e', script], { encoding: 'utf8' });
  t.ok(Number(stdout) > 50 && Number(stdout) < 150, `${stdout} of 200, of which some are in use`);
});
