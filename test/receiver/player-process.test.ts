import t from 'tap';
import type { FromPlayer, ToPlayer } from '../../src/messages/player.js';
import type { ReceiveFailure } from '../../src/receiver/failure.js';
import { PlayerProcess, type Prepared } from '../../src/receiver/player-process.js';
import { FakeChild } from '../helpers/fake-child.js';
import { keptLog } from '../helpers/quiet-log.js';
import { VirtualClock } from '../helpers/virtual-clock.js';

const ICE = { stunServer: null, turnServers: [], udpPorts: null, addresses: null, announce: [], gatheringMs: 250 };
const DECODERS = ['vah264dec', 'avdec_h264'];

/** Players that a test simulates: each uses the best decoder that is not excluded. */
function setUp({ decodes = true } = {}) {
  const clock = new VirtualClock();
  const children: FakeChild<ToPlayer, FromPlayer>[] = [];
  const [died, failed, prepared, ended]: [string[], ReceiveFailure[], Prepared[], string[]] = [[], [], [], []];
  const player = new PlayerProcess({
    settings: { cameras: [], display: null, decoder: null, decodes, jitterMs: 100, marks: false },
    pipes: false,
    log: keptLog(),
    onPrepared: ({ decoder, decoderTitle, sink }) => prepared.push({ decoder, decoderTitle, sink }),
    onMessage: () => undefined,
    onDied: reason => died.push(reason),
    onFailed: failure => failed.push(failure),
    launch: onMessage => {
      const child = new FakeChild<ToPlayer, FromPlayer>(onMessage);
      children.push(child);
      return child;
    },
    clock,
  });
  /** The last one gets ready. */
  const up = async (): Promise<FakeChild<ToPlayer, FromPlayer>> => {
    const child = children.at(-1) as FakeChild<ToPlayer, FromPlayer>;
    child.becomeReady({ type: 'ready', warmMs: 400 });
    await clock.pass(0);
    const configure = child.heard.find(message => message.type === 'configure');
    if (!configure) throw new Error('it was not configured');
    const { request } = configure;
    const decoder = DECODERS.find(name => !configure.settings.skip.includes(name)) ?? null;
    child.say(
      decodes && decoder === null
        ? { type: 'refused', request, code: 'decoder', detail: 'no H.264 decoder works here', remedy: 'Install one.' }
        : { type: 'prepared', request, decoder: decodes ? decoder : null, decoderTitle: null, sink: null },
    );
    await clock.pass(0);
    return child;
  };
  const listener = { connected: () => undefined, frame: () => undefined, ended: (why: string) => ended.push(why) };
  /** A session is created, and its first frames kill the player. */
  const dieOfFrames = async (child: FakeChild<ToPlayer, FromPlayer>, session: string): Promise<void> => {
    const offered = player.offer(session, 'front', ICE, listener);
    await clock.pass(0);
    const asked = child.heard.findLast(message => message.type === 'offer');
    if (asked) child.say({ type: 'offered', request: asked.request, offer: 'v=0' });
    await offered;
    child.say({ type: 'connected', session });
    child.die();
    await clock.pass(0);
  };
  return { player, clock, children, died, failed, prepared, ended, up, dieOfFrames, listener };
}

t.test('a decoder that crashes on real frames is replaced by the next; with none left it says so', async t => {
  const { player, clock, children, died, failed, prepared, ended, up, dieOfFrames } = setUp();
  player.start();
  for (let i = 0; i < 6; i++) {
    const child = await up();
    // The time without a session says nothing about its decoder.
    await clock.pass(60_000);
    await dieOfFrames(child, `s-${i}`);
    await clock.pass(1_000);
  }
  t.strictSame(
    prepared.map(({ decoder }) => decoder),
    [...Array(3).fill('vah264dec'), ...Array(3).fill('avdec_h264')],
  );
  t.match(died[2], /^vah264dec crashed it 3 times and is no longer used: killed by SIGSEGV/);
  t.match(died[5], /^avdec_h264 crashed it 3 times/);
  t.strictSame(ended, Array(6).fill('player-died'), 'each session was notified');
  t.strictSame(failed, []);
  await up();
  t.match(failed, [{ code: 'no-decoder', message: /no H.264 decoder works/, remedy: 'Install one.' }]);
  await t.rejects(player.untilPrepared(), { code: 'no-decoder' });
  await clock.pass(60_000);
  t.equal(children.length, 7, 'and that is the end');
});

t.test('a player that dies once it is prepared is restarted with backoff, and then given up', async t => {
  const { player, clock, children, failed, died, up } = setUp({ decodes: false });
  player.start();
  for (const delay of [0, 250, 1_000, 2_000, 5_000, 5_000, 5_000]) {
    const { length } = children;
    (await up()).die();
    await clock.pass(Math.max(0, delay - 1));
    t.equal(children.length, delay === 0 ? length + 1 : length, `${delay} ms`);
    await clock.pass(1);
    t.equal(children.length, length + 1);
  }
  t.equal(died.length, 7);
  (await up()).die();
  await clock.pass(60_000);
  t.match(failed, [{ code: 'internal', remedy: /doctor/ }]);
  await t.rejects(player.untilPrepared(), {
    code: 'internal',
    message: /keeps crashing: killed by SIGSEGV/,
  });
  t.equal(children.length, 8);
});

t.test('after the third player that hangs in the kernel there is no other, and callers are notified', async t => {
  const { player, clock, children, failed, died, up } = setUp();
  player.start();
  for (let i = 0; i < 3; i++) {
    await up();
    children.at(-1)?.becomeGone({ reason: 'no answer for 6.0 s', isStuck: true });
    await clock.pass(5_000);
  }
  t.equal(died.length, 2);
  t.match(failed, [
    { code: 'internal', message: /3 players hang in the kernel: no answer for/, remedy: /Restart the machine/ },
  ]);
  await t.rejects(player.untilPrepared(), { code: 'internal' });
  children[0]?.exit();
  await clock.pass(60_000);
  t.equal(children.length, 3, 'it is over');
});

t.test('a player that does not start is not retried; one that an element crashed at opening is', async t => {
  const { player, clock, children, failed, died, up } = setUp();
  player.start();
  const [first] = children;
  first?.becomeReady({ type: 'ready', warmMs: 1 });
  await clock.pass(0);
  first?.say({ type: 'trying', element: 'vah264dec' });
  first?.die();
  await clock.pass(0);
  t.match(died, [/^vah264dec crashed it and is no longer used/]);
  t.strictSame(children[1]?.heard, []);
  const second = await up();
  t.match(second.heard[0], { settings: { skip: ['vah264dec'] } });
  second.die();
  await clock.pass(250);
  children[2]?.die('exit code 1');
  await clock.pass(0);
  t.match(failed, [{ code: 'internal', message: /does not start: exit code 1/ }]);
});

t.test("a camera's state is sent to each new player; a request without a reply fails", async t => {
  const { player, clock, children, up, listener } = setUp();
  player.say('front', 'connecting');
  player.start();
  const first = await up();
  t.strictSame(first.heard.at(-1), { type: 'say', camera: 'front', text: 'connecting' });
  player.say('front', null);
  first.die();
  await clock.pass(0);
  const second = await up();
  t.strictSame(second.heard.at(-1), { type: 'say', camera: 'front', text: null });
  const late = t.rejects(player.offer('s-1', 'front', ICE, listener), {
    code: 'unavailable',
    message: /no answer within 5 s/,
  });
  await clock.pass(5_000);
  await late;
  const refused = t.rejects(player.offer('s-2', 'front', ICE, listener), {
    code: 'invalid-answer',
    message: /no camera/,
  });
  await clock.pass(0);
  const asked = second.heard.findLast(message => message.type === 'offer');
  second.say({ type: 'refused', request: asked?.request ?? 0, code: 'internal', detail: 'no camera', remedy: null });
  await refused;
  await player.close();
  await t.rejects(player.untilPrepared(), /was closed/);
  t.equal(children.length, 2);
});
