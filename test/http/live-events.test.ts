import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import type { Grant } from '../../src/domain/access.js';
import type { CameraPlan } from '../../src/domain/camera-plan.js';
import { NOT_STARTED } from '../../src/domain/cameras.js';
import type { Camera, Event } from '../../src/domain/contract.js';
import { Failure } from '../../src/domain/failure.js';
import { LiveEvents, type Socket } from '../../src/server/http/live-events.js';
import { type TestSettings, TOKEN, testApp } from '../helpers/app.js';
import { breaches, problemBreaches } from '../helpers/contract.js';
import { type LiveClient, listenTo } from '../helpers/live-events.js';
import { keptLog } from '../helpers/quiet-log.js';
import { bearer, issue } from '../helpers/tokens.js';

const EVENTS = '/api/v1/events';

async function setUp(t: Test, settings: TestSettings = {}) {
  const test = await testApp(t, 500, settings);
  const origin = await test.listen();
  const listen = (path = EVENTS, headers: Record<string, string> = bearer(TOKEN), options = {}) =>
    listenTo(t, `${origin}${path}`, headers, options);
  return { ...test, origin, listen };
}

/** Its next message. */
async function snapshotOf(client: LiveClient): Promise<Extract<Event, { type: 'snapshot' }>> {
  const event = await client.news();
  if (event.type !== 'snapshot') throw new Error(`the next message is ${event.type}`);
  return event;
}

const LIVE: Camera['state'] = 'live';
const plan = (id: string): CameraPlan => ({
  id,
  name: id,
  source: { type: 'test' },
  settings: {
    ...{ width: 640, height: 480, framerate: 30, bitrate: 1_000_000, keyframeInterval: 60 },
    ...{ passthrough: 'auto', overlay: 'none', fallback: 'vp8', stallTimeout: 2, controls: {} },
  },
});

t.test('a connection starts with a snapshot and then receives events', async t => {
  const { listen, offer, ask, cameras, sessions } = await setUp(t);
  await offer('arm');
  const client = await listen();
  const { at, permissions, cameras: all, sessions: open } = await snapshotOf(client);
  t.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000, at);
  t.strictSame(permissions, [{ role: 'admin' }]);
  t.strictSame(all, (await ask('GET', '/api/v1/cameras')).json().items, 'cameras as GET has them');
  t.strictSame(open, (await ask('GET', '/api/v1/sessions')).json().items, 'sessions as GET has them');
  t.equal(open.length, 1);

  cameras.update('road', { ...NOT_STARTED, state: 'live', fps: 30 });
  t.match(await client.news(), { type: 'camera-changed', camera: { id: 'road', state: 'live', fps: 30 } });

  await offer('road');
  t.match(await client.news(), { type: 'session-opened', session: { camera: 'road', state: 'connecting' } });
  const id = sessions.list('active', 'road')[0]?.id ?? '';
  sessions.connected(id);
  t.match(await client.news(), { type: 'session-connected', session: { id, state: 'connected' } });
  sessions.endById(id);
  t.match(await client.news(), { type: 'session-ended', session: { id, ended: { reason: 'api-delete' } } });

  cameras.add(plan('rear'));
  t.match(await client.news(), { type: 'camera-added', camera: { id: 'rear', state: 'starting' } });
  cameras.remove('arm');
  t.strictSame(await client.news(), { type: 'camera-removed', id: 'arm' });
  cameras.remove('arm');
  cameras.update('rear', { ...NOT_STARTED, state: 'idle' });
  t.match(await client.news(), { type: 'camera-changed', camera: { id: 'rear' } }, 'a repeated removal is one event');
  const renamed = { ...plan('rear'), name: 'Behind' };
  cameras.change(renamed);
  t.match(await client.news(), { type: 'camera-changed', camera: { name: 'Behind' } }, 'new configuration: at once');
  cameras.order(['road', 'phone', 'rear']);
  cameras.order(['rear', 'road', 'phone']);
  const { cameras: ordered } = await snapshotOf(client);
  t.strictSame(
    ordered.map(({ id }) => id),
    ['rear', 'road', 'phone'],
    'a changed order is an event, the same one is not',
  );
});

t.test('statistics come once a second, everything else at once', async t => {
  const { listen, cameras, offer } = await setUp(t);
  const client = await listen();
  await snapshotOf(client);
  const show = (more: Partial<typeof NOT_STARTED>): void => cameras.update('road', { ...NOT_STARTED, ...more });
  show({ state: LIVE, fps: 1 });
  t.match(await client.news(), { camera: { fps: 1 } });
  const began = performance.now();
  for (let fps = 2; fps <= 30; fps++) show({ state: LIVE, fps });
  await offer('road');
  t.match(await client.news(), { type: 'session-opened' });
  t.match(await client.news(), { type: 'camera-changed', camera: { fps: 30, viewers: 1 } }, 'the newest statistics');
  const waited = performance.now() - began;
  t.ok(waited > 900, `after ${Math.round(waited)} ms`);

  show({ state: LIVE, fps: 29 });
  const changed = performance.now();
  show({ state: 'lost', problem: { detail: 'unplugged' }, lostSince: '2026-01-31T12:00:00.000Z' });
  t.match(await client.news(), { camera: { state: 'lost', problem: { detail: 'unplugged' } } });
  t.ok(performance.now() - changed < 950, 'a change of state is not delayed');
  show({ state: LIVE, fps: 29 });
  t.match(await client.news(), { camera: { state: 'live' } });
});

t.test('a client receives no events of cameras that it may not see', async t => {
  const arm = issue('arm', { role: 'view', cameras: ['arm', 'rear'] });
  const { listen, offer, cameras } = await setUp(t, { access: { tokens: [arm.entry] } });
  await offer('road');
  const client = await listen(EVENTS, bearer(arm.token));
  const { cameras: all, sessions } = await snapshotOf(client);
  t.strictSame([all.map(({ id }) => id), sessions], [['arm'], []]);
  cameras.update('road', { ...NOT_STARTED, state: 'live' });
  await offer('road');
  cameras.add(plan('front'));
  cameras.remove('front');
  cameras.add(plan('rear'));
  t.match(await client.news(), { type: 'camera-added', camera: { id: 'rear' } });
});

t.test('frame ages are sent on request, for the cameras that the token may see', async t => {
  const arm = issue('arm', { role: 'view', cameras: ['arm'] });
  const { listen, engine, cameras } = await setUp(t, { access: { tokens: [arm.entry] } });
  const next = async (client: LiveClient) => {
    for (;;) {
      const event = await client.news();
      if (event.type === 'freshness') return event;
    }
  };
  const plain = await listen();
  await snapshotOf(plain);
  t.strictSame(engine.refreshes, [], 'without a request no worker is polled');
  const client = await listen(`${EVENTS}?freshness=50`, bearer(arm.token));
  t.strictSame((await next(client)).cameras, [{ id: 'arm', state: 'starting', ageMs: null, sessions: [] }]);
  engine.ages.set('arm', { ageMs: 40.4, sessions: new Map([['s-1', { movedMs: 10.6, heardMs: null }]]) });
  cameras.update('arm', { ...NOT_STARTED, state: 'live' });
  t.match(await plain.news(), { type: 'camera-changed' });
  await next(client);
  t.strictSame((await next(client)).cameras, [
    { id: 'arm', state: 'live', ageMs: 40, sessions: [{ id: 's-1', movedMs: 11, heardMs: null }] },
  ]);
  const slow = await listen(`${EVENTS}?freshness=10000`);
  t.equal((await next(slow)).cameras.length, 3, 'the first comes at once');
  t.ok(
    engine.refreshes.every(everyMs => everyMs === 50),
    'workers are polled at the shortest requested interval',
  );
  t.equal(plain.unread(), 0, 'a client that did not ask is sent nothing');
  client.socket.close();
  await client.closed;
  await untilTrue(() => engine.refreshes.length > 3);
  const before = engine.refreshes.length;
  await new Promise(resolve => setTimeout(resolve, 300));
  t.ok(engine.refreshes.length <= before + 1, 'polling stops for a client that left');
});

t.test(
  'workers that cannot be polled for frame ages: the known ones are sent, and the next poll tries again',
  async t => {
    const { listen, engine } = await setUp(t);
    let asked = 0;
    engine.refresh = async () => {
      asked++;
      throw new Error('no worker can be polled');
    };
    const client = await listen(`${EVENTS}?freshness=50`);
    await snapshotOf(client);
    for (let count = 0; count < 3; count++) t.match(await client.news(), { type: 'freshness' });
    t.ok(asked >= 3);
  },
);

t.test('the line of a gst source is for administrators', async t => {
  const viewer = issue('viewer', { role: 'view' });
  const { listen, cameras, app } = await setUp(t, { access: { tokens: [viewer.entry] } });
  cameras.add({ ...plan('launch'), source: { type: 'gst', line: 'videotestsrc ! secret' } });
  for (const token of [TOKEN, viewer.token]) {
    const { items } = (await app.inject({ url: '/api/v1/cameras', headers: bearer(token) })).json();
    const { source } = items.at(-1);
    t.equal(source.includes('secret'), token === TOKEN);
    const client = await listen(EVENTS, bearer(token));
    t.equal((await snapshotOf(client)).cameras.at(-1)?.source, source);
    cameras.update('launch', { ...NOT_STARTED, state: token === TOKEN ? 'idle' : 'live' });
    t.match(await client.news(), { type: 'camera-changed', camera: { source } }, 'as GET has it');
  }
});

/** The refusal of a handshake that no client would send. */
async function refusal(origin: string, protocols: string): Promise<number | undefined> {
  const asked = get(`${origin}${EVENTS}`, {
    headers: {
      ...{ Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13 },
      ...{ 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol': protocols },
    },
  });
  const [{ statusCode }] = (await once(asked, 'response')) as [IncomingMessage];
  asked.destroy();
  return statusCode;
}

t.test('the token as a subprotocol is accepted, not echoed, and not logged', async t => {
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: line => void lines.push(line) });
  const { token, entry } = issue('page', { role: 'view' });
  const { listen, origin } = await setUp(t, {
    logger,
    access: { tokens: [entry] },
    limits: { wrongTokensPerMinute: 100 },
  });
  const asking = (...protocols: string[]) => listen(EVENTS, {}, { protocols });
  const encoded = Buffer.from(token).toString('base64url');
  const own = `bigfootbot.token.${encoded}`;
  for (const protocols of [
    ['bigfootbot', own],
    [own, 'bigfootbot'],
  ]) {
    const client = await asking(...protocols);
    t.equal((await snapshotOf(client)).cameras.length, 3);
    t.equal(client.socket.protocol, 'bigfootbot');
  }
  const header = await listen(EVENTS, bearer(token), { protocols: ['bigfootbot'] });
  t.equal(header.socket.protocol, 'bigfootbot', 'with the token in Authorization none is needed');
  for (const wrong of ['', '%%%', 'AA', `${encoded}xx`, 'x'.repeat(10_000), token])
    await t.rejects(asking('bigfootbot', `bigfootbot.token.${wrong}`), /401/, wrong.slice(0, 20));
  await t.rejects(asking('bigfootbot'), /401/);
  await t.rejects(listen(EVENTS, bearer('wrong'), { protocols: [own] }), /401/, 'Authorization takes precedence');
  t.equal(await refusal(origin, `bigfootbot.token.====,, "x, ${own.slice(0, -1)}`), 401, 'a malformed list');
  const plain = await fetch(`${origin}/api/v1/cameras`, { headers: { 'Sec-WebSocket-Protocol': own } });
  t.equal(plain.status, 401, 'without a WebSocket it is ignored');
  const log = lines.join('');
  for (const secret of [token, encoded]) t.notMatch(log, secret);
});

t.test('the token: in a header, in the URL, and none', async t => {
  const publisher = issue('publisher', { role: 'publish' });
  const { listen } = await setUp(t, { access: { tokens: [publisher.entry] } });
  for (const path of [`${EVENTS}?token=${TOKEN}`, `/t/${TOKEN}${EVENTS}`, `/t/${TOKEN}${EVENTS}/`])
    t.equal((await snapshotOf(await listen(path, {}))).cameras.length, 3, path);
  for (const [path, headers, status] of [
    [EVENTS, {}, '401'],
    [`${EVENTS}?token=wrong`, {}, '401'],
    ['/t/wrong/api/v1/events', {}, '401'],
    [EVENTS, bearer(publisher.token), '403'],
    ['/api/v1/nothing', bearer(TOKEN), '404'],
    ['/api/v1/cameras', bearer(TOKEN), '404'],
    ['/whep/road', bearer(TOKEN), '404'],
    ['/', {}, '401'],
  ] as const)
    await t.rejects(listen(path, headers), { message: status }, `${path} ${JSON.stringify(headers)}`);
});

t.test('a request without an upgrade is answered with what is required', async t => {
  const { ask } = await setUp(t);
  const response = await ask('GET', EVENTS);
  t.strictSame(problemBreaches(response, 426, 'upgrade-required'), []);
  t.strictSame(breaches('liveEvents', response), []);
  t.equal(response.headers.upgrade, 'websocket');
});

t.test('pages of other origins, if only some are allowed', async t => {
  const { listen, origin } = await setUp(t, { access: { origins: ['https://a.example'] } });
  for (const own of [origin, origin.replace('http:', 'https:'), 'https://a.example'])
    await snapshotOf(await listen(EVENTS, { ...bearer(TOKEN), origin: own }));
  for (const other of ['https://b.example', 'null', 'http://a.example', `${origin}.evil`, 'x'])
    await t.rejects(listen(EVENTS, { ...bearer(TOKEN), origin: other }), { message: '403' }, other);
  await snapshotOf(await listen());
});

t.test('an address may have 32 connections, and closed ones are not counted', async t => {
  const { listen } = await setUp(t);
  const clients = await Promise.all(Array.from({ length: 32 }, () => listen()));
  await t.rejects(listen(), { message: '429' });
  const [first] = clients;
  first?.socket.close();
  await first?.closed;
  await snapshotOf(await listen());
});

t.test('a client that sends anything is cut off', async t => {
  const { listen } = await setUp(t);
  for (const [message, code] of [
    ['hello', 1003],
    ['x'.repeat(300_000), 1009],
  ] as const) {
    const client = await listen();
    client.socket.send(message);
    t.equal((await client.closed).code, code);
  }
});

t.test('a client that does not read is cut off, and others are not affected', async t => {
  const { listen, cameras } = await setUp(t);
  const [reads, sleeps] = [await listen(), await listen()];
  await snapshotOf(reads);
  (sleeps.socket as unknown as { _socket: { pause(): void } })._socket.pause();
  const gone = new Promise<void>(resolve => sleeps.socket.once('close', () => resolve()));
  // The kernel buffers some MB for a connection.
  const problem = { detail: 'x'.repeat(200_000) };
  for (let n = 0; n < 100; n++) {
    cameras.update('road', { ...NOT_STARTED, state: 'failed', restarts: n, problem });
    t.match(await reads.news(), { camera: { restarts: n } });
  }
  (sleeps.socket as unknown as { _socket: { resume(): void } })._socket.resume();
  await gone;
  t.equal((await sleeps.closed).code, 1006);
  t.equal(reads.socket.readyState, reads.socket.OPEN);
});

t.test('a stopping server says so, and does not wait for clients that do not read', async t => {
  const { listen, app } = await setUp(t);
  const [client, deaf] = [await listen(), await listen()];
  await snapshotOf(client);
  deaf.socket.removeAllListeners('message');
  (deaf.socket as unknown as { _socket: { pause(): void } })._socket.pause();
  const began = performance.now();
  const closing = app.close();
  t.strictSame(await client.news(), { type: 'server-stopping' });
  t.match(await client.closed, { code: 1001, reason: /stopped/ });
  await closing;
  // A closing socket waits 30 s for its peer.
  t.ok(performance.now() - began < 15_000, `${Math.round(performance.now() - began)} ms`);
});

/** Sends a request verbatim, and resolves with the whole response. */
function raw(origin: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', data => {
      answer += data;
    });
    socket.on('end', () => resolve(answer)).on('error', reject);
  });
}

t.test('an unsupported Upgrade is ignored', async t => {
  const { origin } = await setUp(t);
  const h2c = 'Host: robot\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
  const last = 'GET /nowhere HTTP/1.1\r\nHost: robot\r\nConnection: close\r\n\r\n';
  t.match(await raw(origin, `GET /healthz HTTP/1.1\r\n${h2c}\r\n${last}`), /^HTTP\/1.1 200 [\s\S]*HTTP\/1.1 404 /);
  const body = 'v=0\r\n';
  const post = `POST /whep/road HTTP/1.1\r\n${h2c}Authorization: Bearer ${TOKEN}\r\nContent-Type: application/sdp\r\n`;
  t.match(
    await raw(origin, `${post}Content-Length: ${body.length}\r\n\r\n${body}${last}`),
    /^HTTP\/1.1 422 [\s\S]*invalid-sdp[\s\S]*HTTP\/1.1 404 /,
    'with its body',
  );
});

/** A socket that is pinged and scripted by a test. */
class FakeSocket extends EventEmitter implements Socket {
  bufferedAmount = 0;
  answers = true;
  readonly sent: Event[] = [];
  readonly done: string[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Event);
  }
  ping(): void {
    this.done.push('ping');
    if (this.answers) this.emit('pong');
  }
  close(code: number, reason: string): void {
    this.done.push(`close ${code} ${reason}`);
    this.emit('close');
  }
  terminate(): void {
    this.done.push('terminate');
    this.emit('close');
  }
}

const untilTrue = async (done: () => boolean): Promise<void> => {
  while (!done()) await new Promise(resolve => setTimeout(resolve, 2));
};

const sees = (...cameras: string[]): Grant => ({ name: 'a', permissions: [{ role: 'view', cameras }] });

async function unit(t: Test, identify: () => Promise<Grant>, times: { aliveMs?: number; pingMs?: number }) {
  const { cameras, sessions, events, engine } = await testApp(t);
  const log = keptLog();
  const live = new LiveEvents({
    cameras,
    sessions,
    events,
    freshness: engine,
    log,
    aliveMs: 60_000,
    pingMs: 60_000,
    ...times,
  });
  live.start();
  t.teardown(() => live.close());
  const socket = new FakeSocket();
  live.listen(socket, { address: '192.0.2.1', grant: sees('road'), identify });
  return { socket, live, log };
}

t.test('periodic messages, and pings that must be answered', async t => {
  const alive = await unit(t, async () => sees('road'), { aliveMs: 3 });
  await untilTrue(() => alive.socket.sent.filter(({ type }) => type === 'alive').length > 3);
  const { socket } = await unit(t, async () => sees('road'), { pingMs: 3 });
  await untilTrue(() => socket.done.length > 3);
  t.notOk(socket.done.includes('terminate'));
  t.equal(socket.sent.length, 1, 'the access is the same, so nothing is sent');
  socket.answers = false;
  await untilTrue(() => socket.done.includes('terminate'));
  t.pass('a client that does not answer is cut off');
});

t.test('a token that expires, changes or cannot be checked during a connection', async t => {
  const expires = await unit(t, () => Promise.reject(new Failure('unauthorized', 'The token has – expired.')), {
    pingMs: 3,
  });
  await untilTrue(() => expires.socket.done.length > 1);
  t.strictSame(expires.socket.done, ['ping', 'close 1008 The token has ? expired.']);
  const revoked = await unit(t, async () => ({ name: 'a', permissions: [{ role: 'publish' }] }), { pingMs: 3 });
  await untilTrue(() => revoked.socket.done.length > 1);
  t.match(revoked.socket.done, ['ping', /^close 1008 /]);
  const changes = await unit(t, async () => sees('arm'), { pingMs: 3 });
  await untilTrue(() => changes.socket.sent.length > 1);
  t.match(changes.socket.sent, [
    { type: 'snapshot', cameras: [{ id: 'road' }] },
    { type: 'snapshot', cameras: [{ id: 'arm' }] },
  ]);
  const away = await unit(t, () => Promise.reject(new Failure('keys-unavailable', 'away')), { pingMs: 3 });
  await untilTrue(() => away.socket.done.length > 4);
  t.ok(away.socket.done.every(done => done === 'ping'));
});

t.test('a client that does not read is cut off before much is buffered, and the log names it', async t => {
  const { socket, live, log } = await unit(t, async () => sees('road'), { aliveMs: 3 });
  socket.bufferedAmount = 2_000_000;
  await untilTrue(() => socket.done.includes('terminate'));
  t.match(log.lines, [{ level: 'warn', fields: { address: '192.0.2.1', by: 'a' } }]);
  await live.close();
  await live.close();
  t.strictSame(socket.done, ['terminate'], 'closing twice has no effect');
});
