import { pino } from 'pino';
import t, { type Test } from 'tap';
import { NOT_STARTED } from '../../src/domain/cameras.js';
import { Failure } from '../../src/domain/failure.js';
import { AnswerError } from '../../src/protocol/answer-for-webrtcbin.js';
import { type TestSettings, TOKEN, testApp } from '../helpers/app.js';
import { readOffer } from '../helpers/fixtures.js';
import { type LegacyClient, legacyClient } from '../helpers/legacy-client.js';
import { sleep, until } from '../helpers/server.js';
import { bearer, issue } from '../helpers/tokens.js';

const HELLO = { status: 'HELLO' };
const OK = { status: 'OK' };
const CANDIDATE = '1 1 UDP 2015363327 192.0.2.2 54279 typ host';
const OFFER = readOffer('legacy-sender');

async function setUp(t: Test, settings: TestSettings = {}, viewers = 20) {
  const test = await testApp(t, viewers, settings);
  test.engine.describeConnection = async () => ({ sdp: 'v=0\r\ns=from the engine\r\n', candidates: [CANDIDATE] });
  const origin = await test.listen();
  const connect = (path = '/', headers: Record<string, string> = bearer(TOKEN), options = {}) =>
    legacyClient(t, `${origin}${path}`, headers, options);
  const sessions = () => test.sessions.list('active').map(({ camera, protocol }) => `${camera} ${protocol}`);
  const reasons = () => test.sessions.list('ended').map(({ ended }) => ended?.reason);
  const sessionIds = () => test.sessions.list('active').map(({ id }) => id);
  return {
    ...test,
    origin,
    connect,
    sessions,
    sessionIds,
    reasons,
    sessionsOf: test.sessions,
    end: () => test.sessions.close(),
  };
}

/** The offer after HELLO. */
async function hello(client: LegacyClient): Promise<Record<string, unknown>> {
  client.say(HELLO);
  const ok = await client.next();
  if (ok.status !== 'OK') throw new Error(`instead of OK: ${JSON.stringify(ok)}`);
  return await client.next();
}

const answer = (generation: number): string => `v=0\r\na=mid:n${generation}c0\r\n`;

t.test('HELLO, OK, an offer of all cameras, and candidates both ways', async t => {
  const { connect, engine, sessions, reasons, ask } = await setUp(t);
  for (const path of ['/', '/signaling', `/?token=${TOKEN}`, `/t/${TOKEN}/`]) {
    const client = await connect(path, path.includes(TOKEN) ? {} : bearer(TOKEN));
    t.strictSame(await hello(client), { sdp: { type: 'offer', sdp: 'v=0\r\ns=from the engine\r\n' } }, path);
    client.say({ sdp: { type: 'answer', sdp: answer(1) } });
    client.say({ ice: { candidate: `candidate:${CANDIDATE}`, sdpMLineIndex: 0 } });
    await until('its candidate arrives', () => engine.connectionCalls.at(-1) === `trickle ${CANDIDATE}`);
    t.strictSame(client.candidates, [`candidate:${CANDIDATE}`]);
    t.strictSame(
      engine.connectionCalls.splice(0),
      ['offer road as n1c0, arm as n1c1', `accept ${answer(1).trim()}`, `trickle ${CANDIDATE}`],
      'the camera without a publisher is left out',
    );
    t.strictSame(sessions(), ['road legacy', 'arm legacy']);
    t.equal((await ask('GET', '/api/v1/cameras/road')).json().viewers, 1);
    client.socket.close();
    await until('they have ended', () => sessions().length === 0);
  }
  t.ok(reasons().every(reason => reason === 'peer-closed'));
});

t.test('the message form: flat for pages and on request, then that of the client', async t => {
  const { connect, origin } = await setUp(t);
  const flat = { type: 'offer', sdp: 'v=0\r\ns=from the engine\r\n' };
  const page = await connect('/', { ...bearer(TOKEN), Origin: origin });
  t.strictSame(await hello(page), flat);
  t.strictSame(await hello(await connect('/?form=flat')), flat);
  t.strictSame(await hello(await connect('/?form=nested', { ...bearer(TOKEN), Origin: origin })), { sdp: flat });
  page.say({ sdp: { type: 'answer', sdp: answer(1) } });
  page.say(HELLO);
  t.strictSame(await page.next(), OK);
  t.strictSame(await page.next(), { sdp: flat });
  await t.rejects(connect('/?form=other'), /400/);
});

t.test('the requested cameras, limited to those that a token may see', async t => {
  const { token, entry } = issue('guest', { role: 'view', cameras: ['arm'] });
  const { connect, engine } = await setUp(t, { access: { tokens: [entry] } });
  await hello(await connect('/?camera=arm,road'));
  t.equal(engine.connectionCalls.at(-1), 'offer arm as n1c0, road as n1c1', 'in that order');
  await hello(await connect('/', bearer(token)));
  t.equal(engine.connectionCalls.at(-1), 'offer arm as n1c0');
  for (const [path, bearing, says] of [
    ['/?camera=nobody', TOKEN, /no camera "nobody"/],
    ['/?camera=road', token, /may not watch camera "road"/],
  ] as const) {
    const client = await connect(path, bearer(bearing));
    client.say(HELLO);
    t.match(await client.closed, { code: 1008, reason: says }, path);
  }
});

t.test('a published camera is offered if legacy receivers support its codec', async t => {
  const { connect, cameras, engine } = await setUp(t);
  const video = { profileLevelId: null, width: 320, height: 240 };
  const published = { ...NOT_STARTED, state: 'live', publisher: 's-1' } as const;
  cameras.update('phone', { ...published, video: { ...video, codec: 'H264' } });
  await hello(await connect());
  t.equal(engine.connectionCalls.at(-1), 'offer road as n1c0, arm as n1c1, phone as n1c2');
  cameras.update('phone', { ...published, video: { ...video, codec: 'VP8' } });
  await hello(await connect());
  t.equal(engine.connectionCalls.at(-1), 'offer road as n1c0, arm as n1c1', 'it is not re-encoded');
});

t.test('a second HELLO starts a new negotiation; messages of the previous one are ignored', async t => {
  const { connect, engine, sessions, reasons } = await setUp(t);
  const client = await connect();
  await hello(client);
  await hello(client);
  client.say({ sdp: { type: 'answer', sdp: answer(1) } });
  client.say({ sdp: { type: 'answer', sdp: answer(2) } });
  await until('the second is accepted', () => engine.connectionCalls.includes(`accept ${answer(2).trim()}`));
  t.notOk(engine.connectionCalls.includes(`accept ${answer(1).trim()}`));
  t.strictSame(sessions(), ['road legacy', 'arm legacy']);
  t.strictSame(reasons(), ['renegotiated', 'renegotiated']);
  t.equal(client.socket.readyState, 1);
});

t.test('sessions are limited and closed like others, one by one', async t => {
  const { connect, engine, ask, reasons } = await setUp(t, {}, 2);
  const first = await connect();
  await hello(first);
  await hello(await connect('/?camera=road'));
  const third = await connect();
  await hello(third);
  t.equal(engine.connectionCalls.at(-1), 'offer arm as n1c0', 'a camera at its limit of viewers is left out');
  const fourth = await connect();
  fourth.say(HELLO);
  t.match(await fourth.closed, { code: 1013, reason: /limit/ });
  t.strictSame(reasons(), []);
  const { items } = (await ask('GET', '/api/v1/sessions?camera=road')).json() as { items: { id: string }[] };
  await ask('DELETE', `/api/v1/sessions/${items[0]?.id}`);
  await sleep(50);
  t.equal(first.socket.readyState, 1, 'the other camera continues');
  t.ok(engine.left.includes(`road ${items[0]?.id}`));
  const rest = (await ask('GET', '/api/v1/sessions?camera=arm')).json() as { items: { id: string }[] };
  await ask('DELETE', `/api/v1/sessions/${rest.items[0]?.id}`);
  t.match(await first.closed, { code: 1013, reason: 'api-delete' }, 'the connection ends with its last session');
});

t.test('a protocol violation ends one client with the reason, and affects no other', async t => {
  const { connect, engine, sessions, reasons } = await setUp(t);
  const good = await connect();
  await hello(good);
  const manyCandidates = (client: LegacyClient): void => {
    for (let i = 0; i < 1_000; i++) client.say({ ice: { candidate: `candidate:${CANDIDATE}`, sdpMLineIndex: 0 } });
  };
  const bad: [what: string, does: (client: LegacyClient) => void, code: number, reason: RegExp][] = [
    ['text that is not JSON', client => client.say('HELLO'), 1007, /one JSON object/],
    ['JSON that is not an object', client => client.say('["HELLO"]'), 1007, /one JSON object/],
    ['binary', client => client.socket.send(Buffer.from('{"status":"HELLO"}')), 1003, /text/],
    ['a huge message', client => client.say(`{"status":"${'x'.repeat(300_000)}"}`), 1009, /^/],
    ['an answer before HELLO', client => client.say({ sdp: { type: 'answer', sdp: 'v=0' } }), 1002, /without an offer/],
    ['1,000 candidates', manyCandidates, 1008, /more than 200 candidates/],
    ['1,000 messages', client => Array.from({ length: 1_000 }, () => client.say({})), 1008, /more than 400 messages/],
    [
      'HELLO without end',
      client => Array.from({ length: 20 }, () => client.say(HELLO)),
      1008,
      /more than 10 negotiations/,
    ],
    ['an invalid offer', client => client.say({ type: 'offer', sdp: 'x' }), 1007, /v=0/],
    [
      'an offer of a codec with a long name',
      client => client.say({ type: 'offer', sdp: OFFER.replaceAll('H264', 'x'.repeat(15_000)) }),
      1007,
      /^.{1,123}$/,
    ],
    [
      'a description that is too large',
      client => client.say({ type: 'offer', sdp: OFFER + 'a=x\r\n'.repeat(20_000) }),
      1007,
      /at most 65536 characters/,
    ],
    ['an offer of VP8', client => client.say({ type: 'offer', sdp: OFFER.replaceAll('H264', 'VP8') }), 1007, /H\.264/],
  ];
  for (const [what, does, code, reason] of bad) {
    const client = await connect();
    does(client);
    const closed = await client.closed;
    t.equal(closed.code, code, `${what}: ${closed.code} ${closed.reason}`);
    t.match(closed.reason, reason, what);
    await until('it leaves nothing behind', () => sessions().length === 2);
  }
  const answering = await connect();
  await hello(answering);
  engine.wrongAnswer = new AnswerError('invalid-sdp', 'The answer of the receiver cannot be used: why.');
  answering.say({ sdp: { type: 'answer', sdp: answer(1) } });
  t.match(await answering.closed, { code: 1007, reason: /why/ });
  engine.wrongAnswer = new TypeError('a bug of this server');
  const unlucky = await connect();
  await hello(unlucky);
  unlucky.say({ sdp: { type: 'answer', sdp: answer(1) } });
  t.match(await unlucky.closed, { code: 1011 }, 'a bug disconnects only one client');
  engine.wrongAnswer = null;
  answering.socket.terminate();
  const doubtful = await connect();
  await hello(doubtful);
  await hello(doubtful);
  for (let i = 0; i < 300; i++) {
    if (i === 150) doubtful.say({ sdp: { type: 'answer', sdp: answer(1) } });
    doubtful.say({ ice: { candidate: `candidate:${CANDIDATE}`, sdpMLineIndex: 0 } });
  }
  t.match(await doubtful.closed, { code: 1008, reason: /candidates/ }, 'an answer without an offer resets nothing');
  t.ok(reasons().includes('protocol-error'));
  for (const message of [{}, { status: 'BYE' }, { ice: {} }, { sdp: 1 }]) good.say(message);
  good.say({ sdp: { type: 'answer', sdp: answer(1) } });
  await until('the good one continues', () => engine.connectionCalls.includes(`accept ${answer(1).trim()}`));
});

t.test('a client that does not read is cut off', async t => {
  const { connect, sessions } = await setUp(t, { legacy: { mode: 'relay' } });
  const deaf = await connect();
  deaf.socket.pause();
  const loud = await connect();
  const text = JSON.stringify({ more: 'x'.repeat(200_000) });
  for (let i = 0; i < 150 && loud.socket.readyState === 1; i++) {
    loud.say(text);
    await sleep(1);
  }
  deaf.socket.resume();
  t.match(await deaf.closed, { code: /1006|1008/ });
  t.equal(loud.socket.readyState, 1);
  t.strictSame(sessions(), []);
});

t.test('without a token', async t => {
  const lines: string[] = [];
  const { pino } = await import('pino');
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const { connect, app } = await setUp(t, { logger });
  await t.rejects(connect('/', {}), /401/);
  await t.rejects(connect('/', {}), /401/);
  t.match(lines.join(''), /"set":"legacy.anonymous: true"/);
  t.equal(lines.filter(line => line.includes('legacy.anonymous')).length, 1, 'logged once for an address');
  await t.rejects(connect('/?token=wrong', {}), /401/);
  await t.rejects(connect('/signaling', bearer('wrong')), /401/);
  t.equal((await app.inject('/')).statusCode, 200, 'the dashboard is public');

  const open = await setUp(t, { legacy: { anonymous: true }, logger });
  t.match(lines.at(-1), /need no token/);
  await hello(await open.connect('/', {}));
  const far = await setUp(t, { legacy: { anonymous: true, networks: ['10.0.0.0/8', 'fd00::/8'] } });
  await t.rejects(far.connect('/', {}), /401/);
  await hello(await far.connect());
  const near = await setUp(t, { legacy: { anonymous: true, networks: ['127.0.0.1'] } });
  await hello(await near.connect('/', {}));
  const { token, entry } = issue('sender', { role: 'publish' });
  const own = await setUp(t, { access: { tokens: [entry] } });
  const sender = await own.connect('/', bearer(token));
  sender.say(HELLO);
  t.match(await sender.closed, { code: 1013, reason: /no camera that this client may watch/ });
});

t.test('a legacy sender is asked once, when it is needed, and becomes a camera', async t => {
  const { connect, engine, legacy, ask, sessions, reasons } = await setUp(t);
  const sender = await connect();
  const listed = async (): Promise<string[]> =>
    ((await ask('GET', '/api/v1/cameras')).json() as { items: { id: string }[] }).items.map(({ id }) => id);
  await until('it is listed', async () => (await listed()).includes('legacy-1'));
  legacy.senderWanted('legacy-1', true);
  t.strictSame(await sender.next(), HELLO);
  legacy.senderWanted('legacy-1', true);
  sender.say(OK);
  sender.say({ sdp: { type: 'offer', sdp: OFFER } });
  t.strictSame(
    await sender.next(),
    { sdp: { type: 'answer', sdp: 'v=0\r\ns=from the engine\r\n' } },
    'no second HELLO',
  );
  t.match(engine.connectionCalls, [/^receive legacy-1/]);
  const own = (await listed()).filter(id => id.startsWith('legacy'));
  t.strictSame(
    sessions(),
    own.map(id => `${id} legacy-sender`),
  );

  const receiver = await connect();
  await hello(receiver);
  t.match(engine.connectionCalls.at(-1), /^offer legacy-1 as n1c0/, 'a receiver is offered only what it sends');
  t.equal(
    (
      await ask('PATCH', '/api/v1/cameras/legacy-1', {
        payload: {},
        headers: { 'content-type': 'application/merge-patch+json' },
      })
    ).json().code,
    'not-configured',
  );
  t.equal((await ask('GET', '/api/v1/cameras/legacy-1')).json().source, 'legacy');

  sender.socket.close();
  await until('its sessions have ended', () => reasons().includes('peer-closed'));
  t.ok((await listed()).includes('legacy-1'), 'its camera waits for it');
  const again = await connect();
  await until('it is asked again', async () => (await again.next()).status === 'HELLO');
  again.socket.close();
  await until('then it is removed', async () => !(await listed()).includes('legacy-1'));
});

t.test('a sender above the limit is refused with the reason, and not asked again at once', async t => {
  const { connect, engine, legacy, sessions, sessionsOf, ask } = await setUp(t);
  engine.receiveCameras = async (_connection, parts) => {
    for (const { session } of parts) sessionsOf.end(session, 'sending-failed', 'full');
    throw new Failure('overloaded', 'It is full.');
  };
  const sender = await connect();
  await until('it is listed', async () => (await ask('GET', '/api/v1/cameras/legacy-1')).statusCode === 200);
  legacy.senderWanted('legacy-1', true);
  t.strictSame(await sender.next(), HELLO);
  sender.say(OK);
  sender.say({ sdp: { type: 'offer', sdp: OFFER } });
  t.match(await sender.closed, { code: 1013, reason: 'It is full.' });
  t.strictSame(sender.waiting(), [], 'it is not asked without need');
  t.strictSame(sessions(), []);
});

t.test('a client that sends HELLO and then an offer is a sender', async t => {
  const { connect, engine, reasons, sessions } = await setUp(t);
  const sender = await connect();
  await hello(sender);
  sender.say({ type: 'offer', sdp: OFFER });
  t.match(await sender.next(), { type: 'answer' }, 'in its message form');
  t.strictSame(reasons(), ['renegotiated', 'renegotiated']);
  t.ok(sessions().every(session => session.endsWith('legacy-sender')));
  sender.socket.close();
  await until('its sessions have ended', () => sessions().length === 0);

  engine.connectionCalls.splice(0);
  const back = await connect();
  back.say(HELLO);
  t.strictSame(await back.next(), OK);
  await sleep(200);
  t.strictSame(engine.connectionCalls, [], 'the next time the server waits for its offer');
  back.say({ type: 'offer', sdp: OFFER });
  t.match(await back.next(), { type: 'answer' });
});

t.test('the server waits 300 ms for OK, and only if another client is connected', async t => {
  const { connect, engine } = await setUp(t);
  await hello(await connect());
  const silent = await connect();
  const receiver = await connect();
  receiver.say(HELLO);
  t.strictSame(await silent.next(), HELLO, 'a possible sender is asked');
  t.strictSame(await receiver.next(), OK);
  t.match(await receiver.next(), { sdp: { type: 'offer' } });
  t.equal(engine.connectionCalls.at(-1), 'offer road as n1c0, arm as n1c1', "it was silent: the server's own cameras");
});

t.test('the other modes', async t => {
  const relay = await setUp(t, { legacy: { mode: 'relay' } });
  const [one, two, three] = await Promise.all([relay.connect(), relay.connect(), relay.connect()]);
  one?.say({ status: 'HELLO', more: 1 });
  for (const other of [two, three]) t.strictSame(await other?.next(), { status: 'HELLO', more: 1 });
  two?.say('no JSON');
  t.match(await two?.closed, { code: 1007 });
  three?.say(OK);
  t.strictSame(await one?.next(), OK);
  t.strictSame(relay.engine.connectionCalls, []);

  const sending = await setUp(t, { legacy: { mode: 'sender' } });
  const sender = await sending.connect();
  sender.say({ sdp: { type: 'offer', sdp: OFFER } });
  t.match(await sender.closed, { code: 1008, reason: /legacy.mode/ });
  await hello(await sending.connect());

  const off = await setUp(t, { legacy: { mode: 'off' } });
  await t.rejects(off.connect(), /404/);
  t.equal((await off.app.inject({ url: '/signaling', headers: bearer(TOKEN) })).statusCode, 426);
});

t.test('the limit of connections, and the end of the server', async t => {
  const { connect, app } = await setUp(t);
  const clients = await Promise.all(Array.from({ length: 16 }, () => connect()));
  await t.rejects(connect(), /429/);
  const began = performance.now();
  await app.close();
  // A closing socket waits 30 s for its peer.
  t.ok(performance.now() - began < 20_000);
  for (const { closed } of clients) t.match(await closed, { code: 1001 });
});

/** The offer with only its first sections. */
const only = (sections: number): string =>
  OFFER.split(/^(?=m=)/m)
    .slice(0, 1 + sections)
    .join('')
    .replace(/^(a=group:BUNDLE(?: \S+){1,9})/m, group =>
      group
        .split(' ')
        .slice(0, 1 + sections)
        .join(' '),
    );

t.test('two offers of one sender at once: the second is answered, and nobody is disconnected', async t => {
  const { connect, engine, sessions } = await setUp(t);
  const described = engine.describeConnection;
  let refuse: (error: Error) => void = () => undefined;
  engine.describeConnection = () => new Promise((_, reject) => (refuse = reject));
  const sender = await connect();
  sender.say({ type: 'offer', sdp: OFFER });
  await until('it is being answered', () => sessions().length === 3);
  engine.describeConnection = described;
  sender.say({ type: 'offer', sdp: OFFER });
  t.match(await sender.next(), { type: 'answer' });
  // As the engine does for a session that was left.
  refuse(new Failure('camera-unavailable', 'The session was ended before it was answered.'));
  await sleep(50);
  t.equal(sender.socket.readyState, 1);
  t.equal(sessions().length, 3);
});

t.test('a sender with fewer cameras than before is not awaited for the missing ones', async t => {
  const { connect, legacy, sessions, sessionIds, ask } = await setUp(t);
  const sender = await connect();
  sender.say({ type: 'offer', sdp: only(2) });
  await sender.next();
  t.strictSame(sessions(), ['legacy-1 legacy-sender', 'legacy-1-2 legacy-sender']);
  legacy.senderWanted('legacy-1-2', true);
  sender.say({ type: 'offer', sdp: only(1) });
  t.match(await sender.next(), { type: 'answer' });
  for (const id of sessionIds()) await ask('DELETE', `/api/v1/sessions/${id}`);
  await sleep(50);
  t.strictSame(sender.waiting(), [], 'it is not asked for a camera that does not exist');
  legacy.senderWanted('legacy-1', true);
  t.strictSame(await sender.next(), HELLO, 'but for the one that exists');
});

t.test('the limits of a token', async t => {
  const some = issue('some', { role: 'publish', cameras: ['legacy-2'] }, { role: 'view', cameras: ['arm'] });
  const one = issue('one', { role: 'publish', cameras: ['arm'] }, { role: 'view' });
  const view = issue('view', { role: 'view' });
  const access = { tokens: [some.entry, one.entry, view.entry] };
  const { connect, engine, cameras } = await setUp(t, { access });
  const ephemerals = () => cameras.list().flatMap(({ id }) => (id.startsWith('legacy') ? [id] : []));
  const silent = await connect('/', bearer(one.token));
  const eager = await connect('/', bearer(one.token));
  eager.say({ type: 'offer', sdp: only(1) });
  t.match(await eager.closed, { code: 1013, reason: /no free sender/ });
  const made: string[] = [];
  engine.add = ({ id }) => void made.push(id);
  const greedy = await connect('/', bearer(some.token));
  greedy.say({ type: 'offer', sdp: OFFER });
  t.match(await greedy.closed, { code: 1008, reason: /may not send camera "legacy-2-2"/ });
  t.strictSame(made, ['legacy-2'], 'no process for a camera that it may not send');
  t.strictSame(ephemerals(), [], 'and a failed one waits for nobody');
  await sleep(1_100);
  t.strictSame(ephemerals(), [], 'a client that may send only another camera is not taken for a sender');
  t.equal(silent.socket.readyState, 1);

  const relay = await setUp(t, { legacy: { mode: 'relay' }, access });
  const [limited, whole, sender] = [
    await relay.connect('/', bearer(some.token)),
    await relay.connect('/', bearer(view.token)),
    await relay.connect(),
  ];
  sender.say({ type: 'offer', sdp: 'v=0' });
  sender.say(OK);
  t.match(await whole.next(), { type: 'offer' });
  t.strictSame(await limited.next(), OK, 'an offer requires access to all');
  whole.say({ sdp: { type: 'offer', sdp: 'v=0' } });
  t.match(await whole.closed, { code: 1008, reason: /may not send/ });
});

t.test('an expired token starts nothing new', async t => {
  const soon = issue('soon', { role: 'view' });
  soon.entry.expires = new Date(Date.now() + 3_600_000).toISOString();
  const { connect, sessions } = await setUp(t, { access: { tokens: [soon.entry] }, pingMs: 100 });
  const [idle, watching] = [await connect('/', bearer(soon.token)), await connect('/', bearer(soon.token))];
  await hello(watching);
  const { now } = Date;
  t.teardown(() => Object.assign(Date, { now }));
  Date.now = () => now() + 7_200_000;
  t.match(await idle.closed, { code: 1008, reason: /token no longer allows this connection/ });
  t.equal(sessions().length, 2, 'its sessions continue');
  watching.say(HELLO);
  t.match(await watching.closed, { code: 1013, reason: /no camera/ });
});

t.test('a camera that is configured under the name of an ephemeral one', async t => {
  const { connect, ask, cameras, sessions } = await setUp(t);
  const sender = await connect();
  sender.say({ type: 'offer', sdp: only(1) });
  await sender.next();
  t.equal(cameras.get('legacy-1').source, 'legacy');
  const added = await ask('POST', '/api/v1/cameras', { payload: { id: 'legacy-1-2', source: 'test' } });
  t.equal(added.statusCode, 201, added.body);
  t.match(await sender.closed, { code: 1012, reason: /was configured/ });
  t.strictSame(sessions(), []);
  const back = await connect();
  back.say({ type: 'offer', sdp: only(2) });
  await back.next();
  t.strictSame(sessions(), ['legacy-2 legacy-sender', 'legacy-2-2 legacy-sender'], 'another place');
});

t.test('when the server stops, each session ends with that reason', async t => {
  const { connect, app, sessions: list, end, legacy } = await setUp(t);
  const receiver = await connect();
  await hello(receiver);
  const sender = await connect();
  sender.say({ type: 'offer', sdp: only(1) });
  await sender.next();
  legacy.senderWanted('legacy-1', true);
  end();
  t.strictSame(list(), []);
  receiver.say(HELLO);
  t.strictSame(await receiver.next(), OK);
  await app.close();
  for (const { closed } of [receiver, sender]) t.match(await closed, { code: 1001 });
  t.strictSame(sender.waiting(), [], 'nor is a sender asked again');
});

t.test('a client that may only send has time to offer', async t => {
  const { token, entry } = issue('sender', { role: 'publish' });
  const { connect } = await setUp(t, { access: { tokens: [entry] } });
  const sender = await connect('/', bearer(token));
  sender.say(HELLO);
  t.strictSame(await sender.next(), OK);
  await sleep(900);
  sender.say({ type: 'offer', sdp: only(1) });
  t.match(await sender.next(), { type: 'answer' });
});

t.test('the refusal of a client without a token is logged once per address', async t => {
  const lines: { msg: string; address: string }[] = [];
  const logger = pino({ level: 'warn' }, { write: line => void lines.push(JSON.parse(line)) });
  const { connect } = await setUp(t, { logger, access: { proxies: ['127.0.0.1'] } });
  // More addresses than are remembered.
  const addresses = Array.from({ length: 258 }, (_, n) => `10.0.${Math.floor(n / 256)}.${n % 256}`);
  for (const address of [...addresses, '10.0.1.1'])
    await t.rejects(connect('/', { 'X-Forwarded-For': address }), /401/);
  const refusals = lines.filter(({ msg }) => msg.includes('refused'));
  t.strictSame(
    refusals.map(({ address }) => address),
    addresses,
  );
});
