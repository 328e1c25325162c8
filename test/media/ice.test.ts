import { createSocket, type Socket } from 'node:dgram';
import t from 'tap';
import type { System } from '../../src/domain/contract.js';
import { problemBreaches } from '../helpers/contract.js';
import { offer } from '../helpers/offer.js';
import { startServer, type TestServer, until } from '../helpers/server.js';
import { agree, udpStunServer } from '../helpers/stun-server.js';

type TestOf = {
  teardown(close: () => unknown): void;
  testdir(files: Record<string, string>): string;
};

/** A server with a test source and these ICE settings. */
async function serve(t: TestOf, ice: object): Promise<TestServer> {
  // JSON is YAML.
  const config = JSON.stringify({ cameras: { cam: { source: 'test' } }, ice: { servers: [], ...ice } });
  const server = await startServer('--config', `${t.testdir({ 'robot.yaml': config })}/robot.yaml`);
  t.teardown(() => server.close());
  await until('the camera can be watched', async () => (await server.camera('cam')).state === 'idle', 20_000);
  return server;
}

const join = (server: TestServer): Promise<Response> =>
  server.fetch('/whep/cam', { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: offer });

interface Candidate {
  address: string;
  port: number;
  type: string;
}

async function candidates(response: Response): Promise<Candidate[]> {
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`${response.status} ${answer}`);
  return [...answer.matchAll(/^a=candidate:\S+ 1 UDP \d+ (\S+) (\d+) typ (\S+)/gm)].map(
    ([, address = '', port = '', type = '']) => ({ address, port: Number(port), type }),
  );
}

/** Three consecutive UDP ports that are free on loopback. */
async function threePorts(): Promise<{ min: number; max: number }> {
  const bind = (port: number): Promise<Socket | null> =>
    new Promise(resolve => {
      const socket = createSocket('udp4');
      socket.once('error', () => resolve(null));
      socket.bind(port, '127.0.0.1', () => resolve(socket));
    });
  for (;;) {
    const first = await bind(0);
    const min = first?.address().port ?? 0;
    const sockets = [first, min < 65_000 ? await bind(min + 1) : null, min < 65_000 ? await bind(min + 2) : null];
    for (const socket of sockets) socket?.close();
    if (sockets.every(socket => socket !== null)) return { min, max: min + 2 };
  }
}

t.test('sessions take ports of the range; when none is left the next is refused, until one leaves', async t => {
  const { min, max } = await threePorts();
  const server = await serve(t, { interfaces: ['127.0.0.1'], udpPorts: `${min}-${max}` });
  const answered = [await join(server), await join(server), await join(server)];
  const taken = (await Promise.all(answered.map(candidates))).flat();
  t.strictSame(
    taken.map(({ port }) => port).sort((a, b) => a - b),
    [min, min + 1, max],
    'each session takes one: RTP, RTCP and retransmissions share it',
  );
  t.ok(taken.every(({ address }) => address === '127.0.0.1'));
  const refused = await join(server);
  const body = await refused.text();
  t.strictSame(
    problemBreaches(
      {
        statusCode: refused.status,
        headers: { 'content-type': refused.headers.get('content-type') },
        body,
        json: () => JSON.parse(body),
      } as never,
      503,
      'no-udp-port',
    ),
    [],
  );
  t.match(refused.headers.get('Retry-After'), /^[1-9]\d*$/);
  t.match(JSON.parse(body), { detail: new RegExp(`${min} to ${max}`), remedy: /ice\.udpPorts/ });
  t.notOk(refused.headers.get('Location'));
  t.equal((await server.sessions()).length, 3, 'the refused one leaves nothing behind');
  await server.fetch(answered[1]?.headers.get('Location') ?? '', { method: 'DELETE' });
  await until('the port is free again', async () => (await join(server)).status === 201);
});

t.test('only the configured interfaces are used', async t => {
  const server = await serve(t, { interfaces: ['lo', 'none0'] });
  const found = await candidates(await join(server));
  t.ok(found.length > 0);
  t.ok(
    found.every(({ address }) => ['127.0.0.1', '::1'].includes(address)),
    JSON.stringify(found),
  );
});

t.test('if none of them has an address, the offer is refused with the reason', async t => {
  const server = await serve(t, { interfaces: ['none0'] });
  const refused = await join(server);
  t.equal(refused.status, 503);
  t.match(await refused.json(), { code: 'no-udp-port', detail: /none0/, remedy: /ice\.interfaces/ });
  t.strictSame(await server.sessions(), []);
});

t.test('announced addresses come first, with the port that is listened on', async t => {
  const server = await serve(t, { interfaces: ['127.0.0.1'], announce: ['203.0.113.7', '2001:db8::7', '203.0.113.8'] });
  const found = await candidates(await join(server));
  const port = found.at(-1)?.port;
  t.strictSame(found, [
    { address: '203.0.113.7', port, type: 'host' },
    { address: '203.0.113.8', port, type: 'host' },
    { address: '127.0.0.1', port, type: 'host' },
  ]);
});

t.test('sessions use a STUN server that answers, and not one that does not', async t => {
  const silent = await udpStunServer(t, () => null);
  const answering = await udpStunServer(t, agree);
  const server = await serve(t, {
    interfaces: ['127.0.0.1'],
    servers: [
      { urls: [`stun:127.0.0.1:${silent.url.port}`] },
      { urls: ['stun:stun.robot.invalid'] },
      { urls: [`stun:127.0.0.1:${answering.url.port}`] },
    ],
  });
  const { ice } = await until('all have been checked', async () => {
    const system = (await (await server.fetch('/api/v1/system')).json()) as System;
    return system.ice.servers.every(({ reachable }) => reachable !== null) && system;
  });
  t.match(ice.servers, [
    { url: `stun:127.0.0.1:${silent.url.port}`, reachable: false, address: null, error: /no answer/ },
    { url: 'stun:stun.robot.invalid', reachable: false, error: /stun\.robot\.invalid|no answer/ },
    { url: `stun:127.0.0.1:${answering.url.port}`, reachable: true, address: '127.0.0.1', error: null },
  ]);
  const [{ port = 0 } = {}] = await candidates(await join(server));
  t.ok(answering.askers.has(port), 'from the port of the session');
  t.notOk(silent.askers.has(port));
  t.equal(server.log.filter(line => line.includes('ICE server unreachable')).length, 2, 'each is logged once');
});

t.test('no session waits until it is known whether a server answers', async t => {
  const silent = await udpStunServer(t, () => null);
  const server = await serve(t, {
    interfaces: ['127.0.0.1'],
    servers: [{ urls: [`stun:127.0.0.1:${silent.url.port}`] }],
  });
  const [{ port = 0 } = {}] = await candidates(await join(server));
  t.ok(port > 0 && !silent.askers.has(port));
});
