import t from 'tap';
import { ReceiveFailure } from '../../src/receiver/failure.js';
import { camerasOf, RobotClock } from '../../src/receiver/robot.js';
import { failureOf, startFakeServer } from '../helpers/fake-server.js';
import { until } from '../helpers/server.js';

const camera = (id: unknown, more: object = {}): object => ({
  id,
  name: 'Front',
  settings: { width: 640 },
  links: { whep: `/whep/${id}` },
  ...more,
});

t.test('the cameras of a robot: all, or the named ones', async t => {
  const items = [camera('front', { name: 'Fr\u001bont\n' }), camera('rear', { settings: { overlay: 'timemark' } })];
  const server = await startFakeServer(t, (_, response) => void response.end(JSON.stringify({ items })));
  const all = await camerasOf(server.url, [], 'secret');
  t.strictSame(
    all.map(({ id, name, whep, hasMark }) => [id, name, whep.href, hasMark]),
    [
      ['front', 'Fr ont', `${server.url}whep/front`, false],
      ['rear', 'Front', `${server.url}whep/rear`, true],
    ],
  );
  t.match(server.heard, [{ path: '/api/v1/cameras', headers: { authorization: 'Bearer secret' } }]);
  t.strictSame(
    (await camerasOf(server.url, ['rear'], null)).map(({ id }) => id),
    ['rear'],
  );
  const failure = await failureOf(ReceiveFailure, camerasOf(server.url, ['rear', 'roof'], null));
  t.equal(failure.code, 'unknown-camera');
  t.match(failure.words, /no camera "roof"\. It has front, rear$/);
});

t.test('invalid lists of cameras', async t => {
  let body = '';
  const server = await startFakeServer(t, (_, response) => void response.end(body));
  const strange: [string, string][] = [
    ['nothing', ''],
    ['HTML', '<!doctype html>'],
    ['an array', '[]'],
    ['null', 'null'],
    ['no items', '{}'],
    ['items of no kind', '{"items":7}'],
    ['null inside', '{"items":[null]}'],
    ['no links', JSON.stringify({ items: [camera('a', { links: undefined })] })],
    ['no id', JSON.stringify({ items: [camera(undefined)] })],
    // It becomes part of a file name.
    ['a path for an id', JSON.stringify({ items: [camera('../../etc/x')] })],
    ['control characters in it', JSON.stringify({ items: [camera('a\u001b[2J')] })],
    ['a list for an id', JSON.stringify({ items: [camera(['../x'])] })],
    [
      'a camera of another server',
      JSON.stringify({ items: [camera('a', { links: { whep: 'http://192.0.2.1/whep/a' } })] }),
    ],
    ['a file', JSON.stringify({ items: [camera('a', { links: { whep: 'file:///etc/passwd' } })] })],
  ];
  for (const [name, text] of strange) {
    body = text;
    const failure = await failureOf(ReceiveFailure, camerasOf(server.url, [], null));
    t.equal(failure.code, 'invalid-answer', name);
    t.match(failure.words, /does not run bigfootbot-video.*Use the URL of the WHEP endpoint/, name);
  }
  body = '{"items":[]}';
  t.equal((await failureOf(ReceiveFailure, camerasOf(server.url, [], null))).code, 'unknown-camera', 'none');
});

t.test("a robot's clock: its offset and error", async t => {
  const AHEAD = 123_456_789_000n;
  const server = await startFakeServer(t, (_, response) =>
    response.end(JSON.stringify({ monotonic: String(process.hrtime.bigint() + AHEAD), realtime: '0' })),
  );
  const clock = new RobotClock(server.url, 'secret');
  t.teardown(() => clock.close());
  t.equal(clock.offset.at(2n), null, 'unknown at first');
  t.equal(clock.roundTripMs, null);
  clock.start();
  await until('a few exchanges', () => server.heard.length >= 4 && clock.roundTripMs !== null);
  const seenNs = process.hrtime.bigint();
  const found = clock.offset.at(seenNs);
  const wrong = found && (found.offsetNs > AHEAD ? found.offsetNs - AHEAD : AHEAD - found.offsetNs);
  t.ok(found && wrong !== null && wrong <= found.errorNs, `wrong by ${wrong} ns`);
  t.ok(found && found.errorNs < 50_000_000n);
  t.ok((clock.roundTripMs ?? 1e9) < 500);
  t.match(server.heard[0], { path: '/api/v1/clock', headers: { authorization: 'Bearer secret' } });
  clock.close();
  const count = server.heard.length;
  await new Promise(resolve => setTimeout(resolve, 150));
  t.ok(server.heard.length <= count + 1, 'there are no more requests');
});

t.test('an invalid clock', async t => {
  for (const body of [
    '',
    '{}',
    'null',
    '{"monotonic":"soon"}',
    '{"monotonic":""}',
    '{"monotonic":null}',
    '{"monotonic":"-1"}',
    `{"monotonic":"${'9'.repeat(500_000)}"}`,
  ]) {
    const server = await startFakeServer(t, (_, response) => void response.end(body));
    const clock = new RobotClock(server.url, null);
    clock.start();
    await until('it was asked twice', () => server.heard.length >= 2);
    t.equal(clock.offset.at(2n), null, body.slice(0, 30));
    t.equal(clock.roundTripMs, null);
    clock.close();
  }
});
