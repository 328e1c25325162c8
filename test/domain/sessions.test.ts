import t from 'tap';
import { Failure } from '../../src/domain/failure.js';
import type { Sessions } from '../../src/domain/sessions.js';
import { CLIENT, failureOf, testSessions } from '../helpers/sessions.js';

const at = (secret: string, camera = 'road') => ({ protocol: 'whep', camera, secret }) as const;

t.test('a session from its offer to its end', async t => {
  const { engine, log, sessions, watch } = testSessions();
  const opening = watch();
  t.match(sessions.list('active'), [
    { camera: 'road', state: 'connecting', client: CLIENT, connectedAt: null, ended: null },
  ]);
  engine.joins[0]?.answer('v=0 …');
  const { session, secret, answer } = await opening;
  t.equal(answer, 'v=0 …');
  t.equal(engine.joins[0]?.session, session.id);

  sessions.connected(session.id);
  const stats = {
    bitrate: 1,
    bytes: 2_000,
    packetsSent: 2,
    packetsReceived: 0,
    packetsLost: null,
    lossPercent: null,
    jitterMs: null,
    roundTripMs: null,
    keyframeRequests: 0,
    retransmitted: 0,
  };
  sessions.measured(session.id, stats);
  t.match(sessions.get(session.id), { state: 'connected', connectedAt: /^\d{4}-/, stats });

  sessions.endByUrl(at(secret));
  t.match(sessions.get(session.id), {
    state: 'ended',
    ended: { reason: 'client-delete', detail: null, at: /^\d{4}-/ },
  });
  t.strictSame(sessions.list('active'), []);
  t.match(sessions.list('ended'), [{ id: session.id }]);
  t.strictSame(engine.left, [`road ${session.id}`]);
  t.notMatch(JSON.stringify(log.lines), secret, 'the secret is in no line of the log');
  t.notMatch(JSON.stringify(sessions.get(session.id)), secret, 'nor in what the API shows');
});

t.test('a session ends once, with the first reason', async t => {
  const { engine, sessions, watched } = testSessions();
  const { session, secret } = await watched();
  sessions.end(session.id, 'ice-failed', 'no path');
  sessions.end(session.id, 'worker-died', null);
  sessions.connected(session.id);
  t.match(await failureOf(() => sessions.endByUrl(at(secret))), { code: 'unknown-session' });
  t.match(await failureOf(() => sessions.endById(session.id)), { code: 'unknown-session', message: 'ice-failed' });
  sessions.close();
  t.match(sessions.get(session.id), { state: 'ended', ended: { reason: 'ice-failed', detail: 'no path' } });
  t.strictSame(engine.left, [`road ${session.id}`], 'the engine is notified once');
  t.equal(sessions.list('ended').length, 1);
});

t.test('the secret gives the right to end a session; the id does not, and does not reveal it', async t => {
  const { sessions, watched } = testSessions();
  const [one, two] = [await watched(), await watched()];
  t.match(one.secret, /^[\w-]{32}$/, '192 bits');
  t.not(one.secret, two.secret);
  for (const wrong of [one.session.id, '', `${one.secret}x`, one.secret.toLowerCase(), '__proto__'])
    t.match(await failureOf(() => sessions.endByUrl(at(wrong))), { code: 'unknown-session' });
  t.match(
    await failureOf(() => sessions.endByUrl(at(one.secret, 'arm'))),
    { code: 'unknown-session' },
    'the secret of another camera',
  );
  t.match(await failureOf(() => sessions.get(one.secret)), { code: 'unknown-session' });
  t.match(await failureOf(() => sessions.endById(one.secret)), { code: 'unknown-session' });
  t.equal(sessions.viewersOf('road'), 2, 'both are still there');
  sessions.endById(two.session.id);
  t.match(sessions.get(two.session.id).ended, { reason: 'api-delete' });
});

t.test('the limit is per camera, and counts sessions that are still opening', async t => {
  const { engine, sessions, watch, watched } = testSessions(2);
  const first = watch();
  await watched();
  t.match(await failureOf(watch()), { code: 'too-many-viewers', retryAfter: Number, remedy: /limits\.viewers/ });
  await watched('arm');
  t.equal(engine.joins.length, 3, 'the engine was not asked for the excess one');
  engine.joins[0]?.answer();
  const { session } = await first;
  sessions.end(session.id, 'rtcp-timeout', null);
  t.ok(await watched(), 'one slot is free again');
  t.equal(sessions.viewersOf('road'), 2);
});

t.test('a session that could not be opened leaves nothing behind', async t => {
  const { engine, log, sessions, watch } = testSessions(1);
  const opening = watch();
  engine.joins[0]?.fail(new Failure('camera-unavailable', 'unplugged', { retryAfter: 2 }));
  t.match(await failureOf(opening), { code: 'camera-unavailable', message: 'unplugged', retryAfter: 2 });
  t.strictSame(sessions.list('all'), []);
  t.strictSame(
    log.lines.filter(({ event }) => event === 'session ended'),
    [],
    'a session that never started does not end',
  );
  engine.answersAtOnce = 'v=0';
  t.ok(await watch(), 'its slot is free');
});

t.test('the client disconnects before the answer', async t => {
  const { engine, sessions, watch } = testSessions();
  const gone = new AbortController();
  const opening = watch('road', gone.signal);
  gone.abort();
  const [{ id } = { id: '' }] = sessions.list('ended');
  t.match(sessions.get(id).ended, { reason: 'request-aborted' });
  t.strictSame(engine.left, [`road ${id}`], 'the camera is released at once');
  engine.joins[0]?.answer();
  t.match(await failureOf(opening), { code: 'camera-unavailable', message: 'request-aborted' });
  t.strictSame(engine.left, [`road ${id}`]);
  t.strictSame(sessions.list('active'), []);
});

t.test('the client is already disconnected when its request arrives: no session is left', async t => {
  const { engine, sessions, watch } = testSessions();
  engine.answersAtOnce = 'v=0';
  await watch('road', AbortSignal.abort()).catch(() => undefined);
  t.strictSame(sessions.list('active'), []);
  t.equal(engine.left.length, engine.joins.length);
});

t.test('the client disconnects after the answer: the session continues until its peer is silent', async t => {
  const { engine, sessions, watch } = testSessions();
  const gone = new AbortController();
  const opening = watch('road', gone.signal);
  engine.joins[0]?.answer();
  await opening;
  gone.abort();
  t.equal(sessions.viewersOf('road'), 1);
});

t.test('a session ends while it is opening', async t => {
  const { engine, sessions, watch } = testSessions();
  const opening = watch();
  const [{ id } = { id: '' }] = sessions.list('active');
  sessions.end(id, 'worker-died', 'killed by SIGKILL');
  engine.joins[0]?.answer();
  t.match(await failureOf(opening), { code: 'camera-unavailable', message: 'killed by SIGKILL', retryAfter: Number });
});

t.test('shutdown ends all sessions, and opens no more', async t => {
  const { engine, sessions, watch, watched } = testSessions();
  const { session } = await watched();
  const opening = watch('arm');
  sessions.close();
  sessions.close();
  t.match(sessions.get(session.id).ended, { reason: 'shutdown' });
  engine.joins.at(-1)?.answer();
  t.match(await failureOf(opening), { code: 'shutting-down', retryAfter: Number });
  t.match(await failureOf(watch()), { code: 'shutting-down', retryAfter: Number });
  t.equal(engine.joins.length, 2);
  t.equal(engine.left.length, 2);
});

t.test('the last 200 ended sessions are kept, oldest first', async t => {
  const { engine, sessions, watch } = testSessions();
  engine.answersAtOnce = 'v=0';
  const ids: string[] = [];
  for (let n = 0; n < 205; n++) {
    const { session } = await watch(n % 2 ? 'arm' : 'road');
    ids.push(session.id);
    sessions.end(session.id, 'client-delete', null);
  }
  t.strictSame(
    sessions.list('ended').map(({ id }) => id),
    ids.slice(5),
  );
  t.equal(new Set(ids).size, 205, 'no id is used twice');
  t.match(await failureOf(() => sessions.get(ids[0] ?? '')), { code: 'unknown-session' });
});

t.test('lists', async t => {
  const { sessions, watched } = testSessions();
  const [a, b, c] = [await watched('road'), await watched('arm'), await watched('road')];
  sessions.end(b.session.id, 'peer-closed', null);
  const ids = (...filter: Parameters<Sessions['list']>): string[] => sessions.list(...filter).map(({ id }) => id);
  t.strictSame(ids('active'), [a.session.id, c.session.id]);
  t.strictSame(ids('ended'), [b.session.id]);
  t.strictSame(ids('all'), [b.session.id, a.session.id, c.session.id]);
  t.strictSame(ids('all', 'arm'), [b.session.id]);
  t.strictSame(ids('active', 'nowhere'), []);
  sessions.list('active').pop();
  t.equal(ids('active').length, 2, "a list is the asker's own");
});

t.test('reports of the engine about ended sessions are ignored', async t => {
  const { sessions } = testSessions();
  sessions.connected('s-zz');
  sessions.end('s-zz', 'ice-failed', null);
  t.strictSame(sessions.list('all'), []);
});

t.test('durations are right although the clock jumps', async t => {
  const { log, sessions, watched } = testSessions();
  const { session } = await watched();
  const { now } = Date;
  t.teardown(() => {
    Date.now = now;
  });
  Date.now = () => now() + 86_400_000;
  sessions.connected(session.id);
  sessions.end(session.id, 'client-delete', null);
  const fields = (name: string) => log.lines.find(({ event }) => event === name)?.fields as Record<string, number>;
  for (const [name, field, dayLong] of [
    ['session connected', 'afterMs', 86_400_000],
    ['session ended', 'seconds', 86_400],
  ] as const) {
    const value = fields(name)[field];
    t.ok(value !== undefined && value >= 0 && value < dayLong / 2, `${field}: ${value}`);
  }
});

t.test('events are emitted in order', async t => {
  const { engine, emitted, sessions, watch, watched } = testSessions();
  const { session } = await watched();
  sessions.connected(session.id);
  sessions.end(session.id, 'ice-failed', null);
  t.strictSame(emitted, [
    'road has 1',
    `opened ${session.id}`,
    `connected ${session.id}`,
    'road has 0',
    `ended ${session.id} ice-failed`,
  ]);
  emitted.length = 0;
  const refused = watch();
  engine.joins.at(-1)?.fail(new Failure('camera-unavailable', 'unplugged'));
  await failureOf(refused);
  t.strictSame(emitted, ['road has 1', 'road has 0'], 'a session that never started does not end');
});

t.test('a report of the engine about a session that is being closed does not end it twice', async t => {
  const { engine, emitted, sessions, watched } = testSessions();
  const { session } = await watched();
  engine.leave = (camera, id) => {
    engine.left.push(`${camera} ${id}`);
    sessions.end(id, 'peer-closed', null);
  };
  sessions.end(session.id, 'client-delete', null);
  t.strictSame(engine.left, [`road ${session.id}`]);
  t.equal(emitted.filter(line => line.startsWith('ended')).length, 1);
  t.match(sessions.get(session.id).ended, { reason: 'client-delete' });
});
