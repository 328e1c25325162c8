import t from 'tap';
import { Failure } from '../../src/domain/failure.js';
import { Sessions } from '../../src/domain/sessions.js';
import { parseOffer } from '../../src/protocol/offer.js';
import { FakeEngine } from '../helpers/fake-engine.js';
import { readOffer } from '../helpers/fixtures.js';
import { keptLog } from '../helpers/quiet-log.js';

const offer = parseOffer(readOffer('chromium-156'), 'watch');
const client = { address: '192.0.2.9', userAgent: 'curl' };

function setUp(limit = 3) {
  const engine = new FakeEngine();
  const log = keptLog();
  const sessions = new Sessions(engine, log, limit);
  const open = (camera = 'road', signal = new AbortController().signal) =>
    sessions.open({ camera, offer, client, signal });
  const opened = async (camera = 'road') => {
    const opening = open(camera);
    engine.joins.at(-1)?.answer();
    return await opening;
  };
  return { engine, log, sessions, open, opened };
}

async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<Failure> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

t.test('a session from the offer to its end', async t => {
  const { engine, log, sessions, open } = setUp();
  const opening = open();
  t.match(sessions.list('active'), [{ camera: 'road', state: 'connecting', client, connectedAt: null, ended: null }]);
  engine.joins[0]?.answer('v=0 …');
  const { session, secret, answer } = await opening;
  t.equal(answer, 'v=0 …');
  t.equal(engine.joins[0]?.session, session.id);

  sessions.connected(session.id);
  const stats = {
    bitrate: 1,
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

  sessions.endBySecret('road', secret, 'client-delete');
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

t.test('it ends once, with the first reason, whoever comes later', async t => {
  const { engine, sessions, opened } = setUp();
  const { session, secret } = await opened();
  sessions.end(session.id, 'ice-failed', 'no path');
  sessions.end(session.id, 'worker-died', null);
  sessions.connected(session.id);
  t.match(await failureOf(() => sessions.endBySecret('road', secret, 'client-delete')), { code: 'unknown-session' });
  t.match(await failureOf(() => sessions.endById(session.id)), { code: 'unknown-session', message: 'ice-failed' });
  sessions.close();
  t.match(sessions.get(session.id), { state: 'ended', ended: { reason: 'ice-failed', detail: 'no path' } });
  t.strictSame(engine.left, [`road ${session.id}`], 'the engine is told once');
  t.equal(sessions.list('ended').length, 1);
});

t.test('the secret is the right to end it; the id is not, and neither guesses the other', async t => {
  const { sessions, opened } = setUp();
  const [one, two] = [await opened(), await opened()];
  t.match(one.secret, /^[\w-]{32}$/, '192 bits');
  t.not(one.secret, two.secret);
  for (const wrong of [one.session.id, '', `${one.secret}x`, one.secret.toLowerCase(), '__proto__'])
    t.match(await failureOf(() => sessions.endBySecret('road', wrong, 'client-delete')), { code: 'unknown-session' });
  t.match(
    await failureOf(() => sessions.endBySecret('arm', one.secret, 'client-delete')),
    { code: 'unknown-session' },
    'the secret of another camera',
  );
  t.match(await failureOf(() => sessions.get(one.secret)), { code: 'unknown-session' });
  t.match(await failureOf(() => sessions.endById(one.secret)), { code: 'unknown-session' });
  t.equal(sessions.viewersOf('road'), 2, 'both are still there');
  sessions.endById(two.session.id);
  t.match(sessions.get(two.session.id).ended, { reason: 'api-delete' });
});

t.test('the limit holds per camera, and counts those that are still opening', async t => {
  const { engine, sessions, open, opened } = setUp(2);
  const first = open();
  await opened();
  t.match(await failureOf(open()), { code: 'too-many-viewers', retryAfter: Number, remedy: /limits\.viewers/ });
  await opened('arm');
  t.equal(engine.joins.length, 3, 'the engine was not asked for the one too many');
  engine.joins[0]?.answer();
  const { session } = await first;
  sessions.end(session.id, 'rtcp-timeout', null);
  t.ok(await opened(), 'one place is free again');
  t.equal(sessions.viewersOf('road'), 2);
});

t.test('one that could not be opened leaves nothing behind', async t => {
  const { engine, log, sessions, open } = setUp(1);
  const opening = open();
  engine.joins[0]?.fail(new Failure('camera-unavailable', 'unplugged', { retryAfter: 2 }));
  t.match(await failureOf(opening), { code: 'camera-unavailable', message: 'unplugged', retryAfter: 2 });
  t.strictSame(sessions.list('all'), []);
  t.strictSame(
    log.lines.filter(({ event }) => event === 'session ended'),
    [],
    'what never began does not end',
  );
  engine.answersAtOnce = 'v=0';
  t.ok(await open(), 'its place is free');
});

t.test('whoever asked is gone before the answer', async t => {
  const { engine, sessions, open } = setUp();
  const gone = new AbortController();
  const opening = open('road', gone.signal);
  gone.abort();
  const [{ id } = { id: '' }] = sessions.list('ended');
  t.match(sessions.get(id).ended, { reason: 'request-aborted' });
  t.strictSame(engine.left, [`road ${id}`], 'the camera is let go at once');
  engine.joins[0]?.answer();
  t.match(await failureOf(opening), { code: 'camera-unavailable', message: 'request-aborted' });
  t.strictSame(engine.left, [`road ${id}`]);
  t.strictSame(sessions.list('active'), []);
});

t.test('gone already when it comes in: no session is left that nobody watches', async t => {
  const { engine, sessions, open } = setUp();
  engine.answersAtOnce = 'v=0';
  await open('road', AbortSignal.abort()).catch(() => undefined);
  t.strictSame(sessions.list('active'), []);
  t.equal(engine.left.length, engine.joins.length);
});

t.test('gone after the answer: the session goes on until its peer falls silent', async t => {
  const { engine, sessions, open } = setUp();
  const gone = new AbortController();
  const opening = open('road', gone.signal);
  engine.joins[0]?.answer();
  await opening;
  gone.abort();
  t.equal(sessions.viewersOf('road'), 1);
});

t.test('it ends while it is opening', async t => {
  const { engine, sessions, open } = setUp();
  const opening = open();
  const [{ id } = { id: '' }] = sessions.list('active');
  sessions.end(id, 'worker-died', 'killed by SIGKILL');
  engine.joins[0]?.answer();
  t.match(await failureOf(opening), { code: 'camera-unavailable', message: 'killed by SIGKILL', retryAfter: Number });
});

t.test('shutdown ends all, and opens none', async t => {
  const { engine, sessions, open, opened } = setUp();
  const { session } = await opened();
  const opening = open('arm');
  sessions.close();
  sessions.close();
  t.match(sessions.get(session.id).ended, { reason: 'shutdown' });
  engine.joins.at(-1)?.answer();
  t.match(await failureOf(opening), { message: 'shutdown' });
  t.match(await failureOf(open()), { code: 'shutting-down', retryAfter: Number });
  t.equal(engine.joins.length, 2);
  t.equal(engine.left.length, 2);
});

t.test('of those that ended the last 200 are kept, oldest first', async t => {
  const { engine, sessions, open } = setUp();
  engine.answersAtOnce = 'v=0';
  const ids: string[] = [];
  for (let n = 0; n < 205; n++) {
    const { session } = await open(n % 2 ? 'arm' : 'road');
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
  const { sessions, opened } = setUp();
  const [a, b, c] = [await opened('road'), await opened('arm'), await opened('road')];
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

t.test('what the engine says of sessions that are gone is not taken', async t => {
  const { sessions } = setUp();
  sessions.connected('s-zz');
  sessions.end('s-zz', 'ice-failed', null);
  t.strictSame(sessions.list('all'), []);
});
