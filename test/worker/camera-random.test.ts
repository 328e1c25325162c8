import fc from 'fast-check';
import t from 'tap';
import { timersOf } from '../../src/worker/camera/camera-state.js';
import { transition } from '../../src/worker/camera/camera-transition.js';
import { CameraWorld, FAILURE, PUBLISHED, TEST_SETTINGS } from '../helpers/camera-world.js';

// Random lives of a camera, and their invariants. FUZZ_RUNS sets how many.

const RUNS = Number(process.env.FUZZ_RUNS ?? 10_000);
const SETTINGS = [
  TEST_SETTINGS,
  { ...TEST_SETTINGS, source: { type: 'rtsp', url: 'rtsp://camera/b' }, device: 'rtsp://camera/b' },
  { ...TEST_SETTINGS, source: { type: 'test' }, device: null },
  { ...TEST_SETTINGS, source: { type: 'v4l2', by: 'device', name: '/dev/video0' }, device: '/dev/video0' },
  PUBLISHED,
  { ...PUBLISHED, publisherReturnMs: 0, lingerMs: 0 },
] as const;

type Act = (world: CameraWorld) => void;

/** What may happen to a camera at any time; impossible events are skipped. */
const act: fc.Arbitrary<[string, Act]> = fc.oneof(
  fc.constantFrom<[string, Act][]>(
    ['opened', world => world.opening && world.opened()],
    ['open-failed', world => world.opening && world.openFailed()],
    ['opened late', world => world.send({ type: 'opened', attempt: Math.max(0, world.state.attempts - 1) })],
    ['source-failed', world => world.send({ type: 'source-failed', failure: FAILURE })],
    ['frames', world => world.frames()],
    ['placeholder-shown', world => world.placeholderShown()],
    ['passthrough-refused', world => world.send({ type: 'passthrough-refused' })],
    ['output-failed', world => world.send({ type: 'output-failed', failure: FAILURE })],
    ['publish', world => publish(world)],
    ['publisher-ready', world => ready(world, 'H264')],
    ['publisher-ready', world => ready(world, 'H264')],
    ['publisher-ready VP8', world => ready(world, 'VP8')],
    ['unpublish', world => world.state.publisher && world.unpublish(world.state.publisher.session)],
    [
      'publisher-failed',
      world => {
        const { publisher } = world.state;
        if (publisher && !publisher.isLive)
          world.send({ type: 'publisher-failed', session: publisher.session, failure: FAILURE });
      },
    ],
    ['unplug', world => plug(world, false)],
    ['plug in', world => plug(world, true)],
  ),
  fc
    .record({ to: fc.constantFrom(...SETTINGS), reopen: fc.constantFrom('no', 'format', 'source' as const) })
    .map(({ to, reopen }): [string, Act] => [`change ${reopen} ${to.source.type}`, world => change(world, to, reopen)]),
  fc.constantFrom('a', 'b', 'c').map((who): [string, Act] => [`subscribe ${who}`, world => subscribe(world, who)]),
  fc.constantFrom('a', 'b', 'c').map((who): [string, Act] => [`unsubscribe ${who}`, world => world.unsubscribe(who)]),
  fc.nat(12_000).map((ms): [string, Act] => [`${ms} ms`, world => world.pass(ms)]),
);

function subscribe(world: CameraWorld, who: string): void {
  world.failed.delete(who);
  world.subscribe(who);
}

function publish(world: CameraWorld): void {
  if (world.state.publisher || world.state.settings.source.type !== 'whip') return;
  world.publish(`p${world.trace.length}`);
}

function ready(world: CameraWorld, codec: 'H264' | 'VP8'): void {
  const { publisher } = world.state;
  if (publisher && !publisher.isLive) world.publisherReady(publisher.session, codec);
}

function plug(world: CameraWorld, isPresent: boolean): void {
  const { settings } = world.state;
  if (settings.source.type !== 'v4l2' || settings.isPresent === isPresent) return;
  world.configure({ settings: { ...settings, isPresent }, isBack: isPresent });
}

/** As described by config-change.ts. */
function change(world: CameraWorld, to: (typeof SETTINGS)[number], reopen: 'no' | 'format' | 'source'): void {
  const from = world.state.settings;
  const isOther = JSON.stringify(from.source) !== JSON.stringify(to.source);
  if (to.source.type === 'whip') world.configure({ settings: to, reopen: isOther ? 'source' : 'no' });
  else {
    const settings = isOther ? to : { ...to, isPresent: from.isPresent };
    world.configure({ settings, reopen: isOther ? 'source' : reopen });
  }
}

function check(world: CameraWorld, seen: Set<string>): void {
  const { state } = world;
  const fail = (what: string): never => {
    throw new Error(`${what}\n${JSON.stringify({ ...state, subscribers: [...state.subscribers] }, null, 1)}`);
  };
  if (world.faults.length > 0) fail(world.faults.join('\n'));
  // A registered publisher is shown, or about to be, or was notified of its end.
  if (state.publisher) seen.add(state.publisher.session);
  for (const session of seen)
    if (state.publisher?.session !== session && !world.endedPublishers.has(session)) fail(`${session} is a zombie`);
  if (state.publisher && state.phase === 'closed') fail('a publisher of a closed camera');
  if (state.publisher?.isLive && state.phase === 'live' && world.shown !== 'publisher')
    fail('the publisher is not shown');
  if (state.publisher && world.endedPublishers.has(state.publisher.session)) fail('a publisher that was ended');
  // At most one source is open, except while another replaces it.
  if (state.phase === 'closed' && (world.source || world.opening || world.isOutputOpen))
    fail('closed, but something runs');
  if (world.source !== null && state.source === 'none') fail('an unknown source');
  if (world.opening?.attempt !== state.attempt?.id) fail('an unknown attempt');
  if (state.source !== 'none' && world.source === null) fail('a missing source');
  if (state.source !== 'none' && state.publisher?.isLive) fail('a source beside a publisher');
  // The output shows what the status says, and no frozen frame.
  if (state.phase === 'live' && state.source === 'open' && world.shown !== 'source') fail('the source is not shown');
  const isLost = state.phase === 'lost' || state.phase === 'awaitingPublisher';
  if (isLost && state.codec === 'H264' && !world.isPlaceholderDue && world.shown !== 'placeholder')
    fail('the viewers do not see that the camera is lost');
  // No timer of a previous state has an effect.
  const due = Object.values(timersOf(state)).filter(at => at <= world.now);
  if (due.length === 0) {
    const { state: after, effects } = transition(state, { type: 'tick' }, world.now);
    if (after !== state || effects.length > 0) fail('a tick without a timer');
  }
  // Nobody waits forever.
  if (state.subscribers.size > 0 && state.phase === 'closed') fail('subscribers of a closed camera');
  if ([...world.waiting].join() !== [...state.subscribers].join()) fail('a subscriber is unknown, or was not notified');
}

/** A camera with viewers comes back to live when its source does. */
function recover(world: CameraWorld): void {
  if (world.state.subscribers.size === 0) return;
  const failed = world.failed.size;
  plug(world, true);
  for (let turn = 0; turn < 8 && world.state.phase !== 'live' && world.state.phase !== 'closed'; turn++) {
    world.placeholderShown();
    publish(world);
    ready(world, 'H264');
    if (world.state.publisher?.isLive && world.state.phase === 'lost') world.frames();
    if (world.state.phase === 'lost' && !world.opening) world.pass(2_000);
    if (world.opening) world.opened();
  }
  if (world.state.phase !== 'live' && world.failed.size === failed)
    throw new Error(`it does not come back from ${world.state.phase}: ${world.trace.join(', ')}`);
}

t.test(`${RUNS} random lives`, async t => {
  const lives = fc.tuple(fc.constantFrom(...SETTINGS), fc.array(act, { maxLength: 40 }));
  fc.assert(
    fc.property(lives, ([settings, acts]) => {
      const world = new CameraWorld(settings);
      const seen = new Set<string>();
      for (const [, act] of acts) {
        act(world);
        check(world, seen);
      }
      recover(world);
      check(world, seen);
      for (const who of world.state.subscribers) world.unsubscribe(who);
      world.send({ type: 'close' });
      check(world, seen);
    }),
    { numRuns: RUNS },
  );
  t.pass('all invariants hold');
});
