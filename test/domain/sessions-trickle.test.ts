import t from 'tap';
import { parseFragment } from '../../src/protocol/sdp-fragment.js';
import { CREDENTIALS, failureOf, testSessions } from '../helpers/sessions.js';

const credentials = `a=ice-ufrag:${CREDENTIALS.ufrag}\r\na=ice-pwd:${CREDENTIALS.pwd}\r\n`;
const candidate = (port: number) => `1 1 UDP 2122260223 192.0.2.1 ${port} typ host`;
const fragment = (head: string, ...ports: number[]) =>
  parseFragment(
    `${head}m=video 9 RTP/AVP 0\r\na=mid:0\r\n${ports.map(port => `a=candidate:${candidate(port)}\r\n`).join('')}`,
  );

async function setUp() {
  const test = testSessions();
  const { session, secret } = await test.watched();
  return { ...test, session, url: { protocol: 'whep', camera: 'road', secret } as const };
}

t.test("candidates reach the engine under the session's public id", async t => {
  const { engine, sessions, session, url } = await setUp();
  sessions.trickle(url, fragment(credentials, 1_001, 1_002));
  sessions.trickle(url, fragment('', 1_003));
  t.strictSame(
    engine.candidates,
    [1_001, 1_002, 1_003].map(port => `road ${session.id} ${candidate(port)}`),
  );
});

t.test('a fragment without candidates is not passed to the engine', async t => {
  const { engine, sessions, url } = await setUp();
  engine.trickle = () => t.fail('it was called');
  sessions.trickle(url, parseFragment(`${credentials}a=end-of-candidates\r\n`));
});

t.test('other credentials request an ICE restart: refused, and the session continues', async t => {
  const { engine, sessions, session, url } = await setUp();
  const others = [
    credentials.replace(/ufrag:.*/, 'ufrag:0ther'),
    credentials.replace(/pwd:.*/, `pwd:${'x'.repeat(24)}`),
    'a=ice-ufrag:0ther\r\n',
  ];
  for (const other of others)
    t.match(await failureOf(() => sessions.trickle(url, fragment(other, 1_001))), {
      code: 'ice-restart-unsupported',
      remedy: /new session/,
    });
  t.strictSame(engine.candidates, []);
  t.strictSame(engine.left, []);
  t.equal(sessions.get(session.id).ended, null);
  sessions.trickle(url, fragment(credentials, 1_002));
  t.equal(engine.candidates.length, 1);
});

t.test('a session may send 200 candidates, and the rest is ignored', async t => {
  const { engine, log, sessions, url, watched } = await setUp();
  for (let n = 0; n < 30; n++)
    sessions.trickle(url, fragment('', ...Array.from({ length: 15 }, (_, i) => 2_000 + n * 15 + i)));
  t.equal(engine.candidates.length, 200);
  t.ok(log.lines.some(({ level, event }) => level === 'warn' && event === 'too many candidates'));
  const { secret } = await watched();
  sessions.trickle({ ...url, secret }, fragment('', 1_001));
  t.equal(engine.candidates.length, 201, 'another session has its own');
});

t.test('no candidates for an ended session, or one of another camera or protocol', async t => {
  const { sessions, session, url } = await setUp();
  const one = fragment('', 1_001);
  for (const wrong of [
    { ...url, camera: 'arm' },
    { ...url, protocol: 'whip' } as const,
    { ...url, secret: session.id },
  ])
    t.match(await failureOf(() => sessions.trickle(wrong, one)), { code: 'unknown-session' });
  sessions.end(session.id, 'client-delete', null);
  t.match(await failureOf(() => sessions.trickle(url, one)), { code: 'unknown-session' });
  t.match(await failureOf(() => sessions.iceSessionOf(url)), { code: 'unknown-session' });
});

t.test('an ETag is unique to its ICE session, and gives no access to it', async t => {
  const { sessions, session, url, watched } = await setUp();
  const name = sessions.iceSessionOf(url);
  const { secret } = await watched();
  t.not(name, sessions.iceSessionOf({ ...url, secret }));
  t.notOk([session.id, url.secret].includes(name));
  t.match(await failureOf(() => sessions.endByUrl({ ...url, secret: name })), { code: 'unknown-session' });
});
