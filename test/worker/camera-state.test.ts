import t from 'tap';
import { timersOf } from '../../src/worker/camera/camera-state.js';
import { CameraFailure } from '../../src/worker/failure.js';
import { CameraWorld, FAILURE, PUBLISHED, TEST_SETTINGS } from '../helpers/camera-world.js';

/** A camera with one viewer that sees it. */
const live = () => new CameraWorld().subscribe('v').opened();
const published = () => new CameraWorld(PUBLISHED).publish('p').publisherReady('p').subscribe('v');
const OTHER = {
  ...TEST_SETTINGS,
  source: { type: 'rtsp', url: 'rtsp://camera/b' },
  device: 'rtsp://camera/b',
} as const;

t.test('opened by its first subscriber, closed a while after its last', async t => {
  const camera = new CameraWorld().subscribe('v');
  t.equal(camera.state.phase, 'opening');
  camera.opened();
  t.equal(camera.state.phase, 'live');
  camera.unsubscribe('v').frames().pass(1_500).frames().pass(1_500).frames();
  t.equal(camera.state.phase, 'live', 'a newcomer finds it open');
  for (let s = 0; s < 8; s++) camera.pass(1_000).frames();
  t.equal(camera.state.phase, 'closed');
  t.strictSame(camera.trace, ['open-output', 'open-source', 'show-source', 'close-output', 'close-source']);
});

t.test('a newcomer within the linger keeps it open', async t => {
  const camera = live().unsubscribe('v').pass(1_000).subscribe('w');
  t.notMatch(timersOf(camera.state), { linger: Number });
});

t.test('an opening that fails is told to whoever waits, and kept as the reason', async t => {
  const camera = new CameraWorld().subscribe('v').openFailed();
  t.equal(camera.state.phase, 'closed');
  t.equal(camera.state.problem, FAILURE);
  t.strictSame([...camera.failed], ['v']);
  t.equal(camera.subscribe('w').state.problem, null, 'the next one tries again');
});

t.test('a source that stalls: a placeholder, then it is closed, then opened again', async t => {
  const camera = live().pass(2_000);
  t.equal(camera.state.phase, 'lost');
  t.match(camera.state.problem?.message, /no frame for 2 s/);
  t.equal(camera.state.source, 'draining', 'what it brings is better than nothing until the placeholder is there');
  camera.pass(5_000);
  t.equal(camera.opening, null, 'and it is not opened a second time until then');
  camera.placeholderShown().pass(0);
  t.ok(camera.opening);
  camera.opened();
  t.equal(camera.state.phase, 'live');
  t.strictSame(camera.trace.slice(-4), ['show-placeholder CAMERA LOST', 'close-source', 'open-source', 'show-source']);
});

t.test('attempts follow at growing intervals', async t => {
  const camera = live().send({ type: 'source-failed', failure: FAILURE }).placeholderShown();
  const tries: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    const before = camera.now;
    while (!camera.opening) camera.pass(50);
    tries.push(camera.now - before);
    camera.openFailed();
  }
  t.strictSame(tries, [250, 500, 1000, 2000, 2000]);
});

t.test('an attempt under way is the only one, whatever happens meanwhile', async t => {
  // Opened twice: the retry timer of the loss survived the opening that a change of the configuration began.
  const camera = live().send({ type: 'source-failed', failure: FAILURE }).placeholderShown();
  camera.configure({ settings: OTHER, reopen: 'source' });
  t.ok(camera.opening);
  t.notMatch(timersOf(camera.state), { retry: Number });
  camera.pass(1_000).opened().frames().pass(1_000);
  t.equal(camera.state.phase, 'live');
  t.equal(camera.trace.filter(line => line === 'open-source').length, 2, 'the first one and this one');
  t.strictSame(camera.faults, []);
});

t.test('another source: the old one goes on until the new one is there', async t => {
  const camera = live().configure({ settings: OTHER, reopen: 'source' });
  t.equal(camera.state.phase, 'live');
  t.equal(camera.onAir, 'source');
  camera.opened();
  t.equal(camera.source?.device, OTHER.device);
  t.notOk(camera.trace.some(line => line.startsWith('show-placeholder')));
});

t.test('another source that does not come: what is no longer configured is not shown for long', async t => {
  const camera = live().configure({ settings: OTHER, reopen: 'source' });
  camera.pass(1_900).frames().pass(100);
  t.equal(camera.state.phase, 'lost');
  t.equal(camera.trace.at(-1), 'show-placeholder OPENING');
  t.ok(camera.opening, 'the attempt goes on');
  camera.placeholderShown().openFailed();
  t.equal(camera.state.problem, FAILURE);
  t.match(timersOf(camera.state), { retry: camera.now + 500 });
});

t.test('the same device set anew is closed first', async t => {
  const camera = live().configure({ reopen: 'format' });
  t.strictSame(camera.trace.slice(-2), ['close-source', 'open-source']);
  camera.openFailed();
  t.equal(camera.state.phase, 'lost', 'and where it does not open again, nothing stands still');
  t.equal(camera.trace.at(-1), 'show-placeholder CAMERA LOST');
});

t.test('back to the source that is still on air, while another one is being opened: it opens once', async t => {
  const camera = live().configure({ settings: OTHER, reopen: 'source' });
  camera.configure({ settings: TEST_SETTINGS, reopen: 'source' });
  t.strictSame(camera.trace.slice(-3), ['cancel-opening', 'close-source', 'open-source']);
  t.strictSame(camera.faults, []);
});

t.test('a camera that is unplugged is tried when it is plugged in again', async t => {
  const absent = { ...TEST_SETTINGS, isPresent: false };
  const camera = live().configure({ settings: absent }).placeholderShown();
  t.equal(camera.state.phase, 'lost');
  camera.pass(60_000);
  t.equal(camera.opening, null);
  camera.configure({ settings: TEST_SETTINGS, isBack: true });
  t.ok(camera.opening, 'at once');
  t.strictSame(camera.faults, []);
});

t.test('what the driver says of a camera that is pulled out comes first', async t => {
  const camera = live().send({ type: 'source-failed', failure: FAILURE }).placeholderShown();
  camera.configure({ settings: { ...TEST_SETTINGS, isPresent: false } });
  t.match(camera.state.problem?.message, /unplugged/);
});

t.test('a device that is there under another number while it is being opened is opened there', async t => {
  const camera = new CameraWorld().subscribe('v').configure({ isBack: true });
  t.strictSame(camera.trace.slice(-2), ['cancel-opening', 'open-source']);
});

t.test('B-frames in what was passed through: it is encoded from now on', async t => {
  const camera = live().send({ type: 'passthrough-refused' });
  t.strictSame(camera.trace.slice(-2), ['close-source', 'open-source']);
  t.equal(camera.state.phase, 'live');
  camera.pass(2_000);
  t.equal(camera.trace.at(-1), 'show-placeholder OPENING', 'a frame that stands is not shown for long');
});

t.test('no encoder opens any more: everybody is told', async t => {
  const camera = live().send({ type: 'output-failed', failure: FAILURE });
  t.equal(camera.state.phase, 'closed');
  t.strictSame([...camera.failed], ['v']);
  const withPublisher = published().send({ type: 'output-failed', failure: FAILURE });
  t.strictSame([...withPublisher.endedPublishers], ['p']);
});

t.test('nobody publishes: refused, and nothing is opened', async t => {
  const camera = new CameraWorld(PUBLISHED).subscribe('v');
  t.strictSame(camera.trace, ['fail v: Nobody publishes to it now.']);
  t.equal(camera.state.phase, 'closed');
  t.equal(camera.state.subscribers.size, 0);
});

t.test('a publisher that leaves is awaited, and then its viewers are told', async t => {
  const camera = published().unpublish('p');
  t.equal(camera.state.phase, 'awaitingPublisher');
  t.strictSame(camera.trace.slice(-2), ['show-placeholder PUBLISHER LEFT', 'close-publication p']);
  camera.placeholderShown().pass(29_999);
  t.equal(camera.state.phase, 'awaitingPublisher');
  camera.pass(1);
  t.strictSame([camera.state.phase, ...camera.failed], ['closed', 'v']);
});

t.test(
  'zombie 1: the last viewer leaves during the placeholder, and the publisher returns within the linger',
  async t => {
    const camera = published().unpublish('p').placeholderShown().unsubscribe('v').pass(5_000);
    camera.publish('q').publisherReady('q').pass(1_000);
    for (let s = 0; s < 13; s++) camera.frames().pass(1_000);
    t.equal(camera.state.phase, 'live');
    camera.subscribe('w');
    t.equal(camera.onAir, 'publisher');
    t.notOk(camera.failed.has('w'));
  },
);

t.test('zombie 2: a publisher that was answered in time, whose first frame comes late', async t => {
  const camera = published().unpublish('p').placeholderShown().pass(29_000).publish('q').pass(15_000);
  t.equal(camera.state.phase, 'awaitingPublisher', 'its viewers go on waiting');
  camera.publisherReady('q');
  t.strictSame([camera.state.phase, camera.onAir], ['live', 'publisher']);
  t.strictSame([...camera.failed], []);
});

t.test('zombie 2, and no frame at all: the publisher is told, and its viewers, as the time is over', async t => {
  const camera = published().unpublish('p').placeholderShown().pass(29_000).publish('q').pass(20_000);
  camera.send({ type: 'publisher-failed', session: 'q', failure: FAILURE });
  t.equal(camera.trace.at(-1), 'end-publisher q: It cannot be opened.');
  t.equal(camera.state.publisher, null);
  camera.pass(0);
  t.strictSame([...camera.failed], ['v'], 'for no longer than the first one was');
});

t.test('zombie 3: configured to be a source while a publisher is awaited', async t => {
  const camera = published().unpublish('p').placeholderShown().pass(10_000);
  camera.configure({ settings: TEST_SETTINGS, reopen: 'source' });
  t.equal(camera.trace.at(-2), 'show-placeholder OPENING');
  camera.placeholderShown().opened();
  for (let s = 0; s < 40; s++) camera.frames().pass(1_000);
  t.equal(camera.state.phase, 'live');
  t.strictSame([...camera.failed], []);
});

t.test('zombie 4: a publication that comes to nothing leaves nothing open', async t => {
  const camera = new CameraWorld(PUBLISHED).publish('p').subscribe('v').unpublish('p');
  t.equal(camera.state.phase, 'closed');
  t.strictSame([...camera.failed], ['v'], 'whoever waited for its first frame knows');
  t.equal(camera.isOutputOpen, false);
});

t.test('a publisher is told when another source is configured, and its last frame does not stand still', async t => {
  const camera = published().configure({ settings: TEST_SETTINGS, reopen: 'source' });
  t.strictSame(camera.trace.slice(-3), [
    'show-placeholder OPENING',
    'open-source',
    'end-publisher p: Another source was configured.',
  ]);
  t.equal(camera.state.phase, 'lost');
  camera.placeholderShown().opened();
  t.equal(camera.state.phase, 'live');
});

t.test('a publisher in another codec than the one before: viewers negotiate again', async t => {
  const camera = published().unpublish('p').placeholderShown().publish('q').publisherReady('q', 'VP8');
  t.strictSame([...camera.failed], ['v']);
  t.strictSame([camera.state.phase, camera.onAir], ['live', 'publisher']);
  t.strictSame(camera.trace.slice(-4), [
    'fail v: The camera is published in VP8 now, and was in H264.',
    'close-output',
    'open-output',
    'show-publisher',
  ]);
});

t.test('a publisher of VP8 that leaves: there is no placeholder, so its viewers are told', async t => {
  const camera = new CameraWorld(PUBLISHED).publish('p').publisherReady('p', 'VP8').subscribe('v').unpublish('p');
  t.strictSame([camera.state.phase, ...camera.failed], ['closed', 'v']);
});

t.test('a publisher that stalls stays one, and is back when it sends again', async t => {
  const camera = published().pass(2_000).placeholderShown();
  t.equal(camera.state.phase, 'lost');
  t.equal(camera.state.publisher?.session, 'p');
  camera.pass(20_000).frames();
  t.strictSame([camera.state.phase, camera.trace.at(-1)], ['live', 'show-publisher']);
});

t.test('a camera that becomes one that is published: its viewers wait for a publisher', async t => {
  const camera = live().configure({ settings: PUBLISHED, reopen: 'source' });
  t.equal(camera.trace.at(-1), 'show-placeholder NO PUBLISHER');
  camera.publish('p').publisherReady('p');
  t.strictSame([camera.state.phase, camera.source], ['live', null]);
  const opening = new CameraWorld().subscribe('v').configure({ settings: PUBLISHED, reopen: 'source' });
  t.strictSame([opening.state.phase, ...opening.failed], ['closed', 'v'], 'there was nothing to be seen yet');
});

t.test('what an attempt that was given up comes to is nothing', async t => {
  const camera = new CameraWorld().subscribe('v');
  const { attempt } = camera.opening ?? { attempt: -1 };
  camera.configure({ settings: OTHER, reopen: 'source' });
  t.ok(camera.trace.includes('cancel-opening'));
  camera.send({ type: 'opened', attempt });
  camera.send({ type: 'open-failed', attempt, failure: new CameraFailure('late', '') });
  t.equal(camera.state.phase, 'opening');
  t.strictSame([...camera.failed], []);
});

t.test('the end: everything is closed', async t => {
  const camera = published().send({ type: 'close' });
  t.strictSame([camera.isOutputOpen, camera.state.publisher], [false, null]);
  t.strictSame(timersOf(camera.state), {});
});
