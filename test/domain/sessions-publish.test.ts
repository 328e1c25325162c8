import t from 'tap';
import { Failure } from '../../src/domain/failure.js';
import { failureOf, testSessions } from '../helpers/sessions.js';

const tick = () => new Promise(resolve => setImmediate(resolve));

t.test('a publisher is a session of its own kind, not a viewer', async t => {
  const { engine, sessions, publish, emitted } = testSessions();
  engine.answersAtOnce = 'v=0';
  const { session, secret } = await publish();
  t.match(engine.joins, [{ purpose: 'publish', camera: 'phone', session: session.id }]);
  t.match(sessions.list('active'), [{ protocol: 'whip', camera: 'phone' }]);
  t.equal(sessions.viewersOf('phone'), 0);
  t.notOk(emitted.includes('phone has 1'), 'it does not change the number of viewers');
  const viewerUrl = { protocol: 'whep', camera: 'phone', secret } as const;
  t.match(await failureOf(() => sessions.endByUrl(viewerUrl)), { code: 'unknown-session' });
  sessions.endByUrl({ ...viewerUrl, protocol: 'whip' });
  t.match(sessions.get(session.id).ended, { reason: 'client-delete' });
});

t.test('viewers are limited, a publisher is not counted', async t => {
  const { engine, watch, publish } = testSessions(1);
  engine.answersAtOnce = 'v=0';
  await publish();
  await watch('phone');
  t.match(await failureOf(watch('phone')), { code: 'too-many-viewers' });
});

t.test('a second publisher is refused, with the remedy', async t => {
  const { engine, publish } = testSessions();
  engine.answersAtOnce = 'v=0';
  const { session } = await publish();
  t.match(await failureOf(publish()), {
    code: 'already-published',
    message: session.id,
    remedy: 'takeover=true',
    retryAfter: Number,
  });
  t.equal(engine.joins.length, 1, 'the engine was not asked');
  t.strictSame(engine.left, []);
});

t.test('of two simultaneous publishers one wins', async t => {
  const { engine, publish, sessions } = testSessions();
  const both = [publish(), publish()];
  engine.joins[0]?.answer();
  const results = await Promise.allSettled(both);
  t.strictSame(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  t.equal(engine.joins.length, 1);
  t.equal(sessions.list('active').length, 1);
});

t.test('an offer that is bound to fail takes nobody over', async t => {
  const { engine, sessions, publish } = testSessions();
  engine.answersAtOnce = 'v=0';
  const { session } = await publish();
  engine.wrong = new Failure('no-udp-port', 'There is no address.');
  t.match(await failureOf(publish(true)), { code: 'no-udp-port' });
  t.match(sessions.get(session.id), { ended: null });
  t.strictSame(engine.left, []);
  t.equal(sessions.list('active').length, 1);
});

t.test('takeover: the first has left the engine before the second starts', async t => {
  const { engine, sessions, publish } = testSessions();
  const order: string[] = [];
  engine.answersAtOnce = 'v=0';
  const { leave, publish: join } = engine;
  engine.leave = (camera, id) => {
    order.push(`leave ${id}`);
    leave.call(engine, camera, id);
  };
  engine.publish = (camera, id) => {
    order.push(`publish ${id}`);
    return join.call(engine, camera, id);
  };
  const first = (await publish()).session.id;
  const second = (await publish(true)).session.id;
  t.strictSame(order, [`publish ${first}`, `leave ${first}`, `publish ${second}`]);
  t.match(sessions.get(first).ended, { reason: 'takeover' });
  t.match(sessions.list('active'), [{ id: second }]);
});

t.test('takeover without a publisher is publishing', async t => {
  const { engine, publish } = testSessions();
  engine.answersAtOnce = 'v=0';
  await publish(true);
  t.strictSame(engine.left, []);
});

t.test('a publisher that is taken over before its answer gets the reason', async t => {
  const { engine, sessions, publish } = testSessions();
  for (const settle of ['answer', 'fail'] as const) {
    const first = publish(true);
    const { session = '' } = engine.joins.at(-1) ?? {};
    const second = publish(true);
    const join = engine.joins.at(-2);
    if (settle === 'answer') join?.answer();
    else join?.fail(new Failure('camera-unavailable', 'it is gone'));
    t.match(await failureOf(first), { code: 'already-published', message: 'took over' }, settle);
    t.match(sessions.get(session).ended, { reason: 'takeover' });
    engine.joins.at(-1)?.answer();
    await second;
  }
  t.equal(sessions.list('active').length, 1);
});

t.test('a publisher that leaves before the answer frees the camera', async t => {
  const { engine, sessions, publish } = testSessions();
  const gone = new AbortController();
  const first = publish(false, gone.signal);
  gone.abort();
  const id = engine.joins[0]?.session ?? '';
  t.match(sessions.get(id).ended, { reason: 'request-aborted' });
  t.strictSame(engine.left, [`phone ${id}`]);
  const second = publish();
  engine.joins[1]?.answer();
  t.equal((await second).session.state, 'connecting');
  engine.joins[0]?.answer();
  t.match(await failureOf(first), { code: 'camera-unavailable' });
  t.equal(sessions.list('active').length, 1, 'the late answer of the first does not affect the second');
});

t.test('a publisher that the engine refuses frees the camera', async t => {
  const { engine, sessions, publish } = testSessions();
  const first = publish();
  engine.joins[0]?.fail(new Failure('no-udp-port', 'none is free'));
  t.match(await failureOf(first), { code: 'no-udp-port' });
  const second = publish();
  engine.joins[1]?.answer();
  await second;
  t.strictSame(engine.left, [], 'a session that never started is not ended');
  t.equal(sessions.list('all').length, 1);
});

t.test('a publisher that ends by itself frees the camera', async t => {
  const { engine, sessions, publish } = testSessions();
  engine.answersAtOnce = 'v=0';
  const { session } = await publish();
  sessions.end(session.id, 'rtcp-timeout', null);
  await publish();
  t.equal(sessions.list('active').length, 1);
});

t.test('no publisher is accepted while the server stops', async t => {
  const { sessions, publish, engine } = testSessions();
  const opening = publish();
  sessions.close();
  engine.joins[0]?.answer();
  t.match(await failureOf(opening), { code: 'shutting-down', retryAfter: Number });
  t.match(await failureOf(publish(true)), { code: 'shutting-down', retryAfter: Number });
  await tick();
  t.equal(engine.joins.length, 1);
});
