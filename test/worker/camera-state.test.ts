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

t.test('a camera is opened by its first subscriber, and closed a while after its last', async t => {
  const camera = new CameraWorld().subscribe('v');
  t.equal(camera.state.phase, 'opening');
  camera.opened();
  t.equal(camera.state.phase, 'live');
  camera.unsubscribe('v').frames().pass(1_500).frames().pass(1_500).frames();
  t.equal(camera.state.phase, 'live', 'a new viewer finds it open');
  for (let s = 0; s < 8; s++) camera.pass(1_000).frames();
  t.equal(camera.state.phase, 'closed');
  t.strictSame(camera.trace, ['open-output', 'open-source', 'show-source', 'close-output', 'close-source']);
});

t.test('a new viewer within the linger keeps it open', async t => {
  const camera = live().unsubscribe('v').pass(1_000).subscribe('w');
  t.notMatch(timersOf(camera.state), { linger: Number });
});

t.test('a failed opening is reported to waiting viewers, and kept as the problem', async t => {
  const camera = new CameraWorld().subscribe('v').openFailed();
  t.equal(camera.state.phase, 'closed');
  t.equal(camera.state.problem, FAILURE);
  t.strictSame([...camera.failed], ['v']);
  t.equal(camera.subscribe('w').state.problem, null, 'the next one tries again');
});

t.test('a source that stalls: a placeholder is shown, then it is closed and reopened', async t => {
  const camera = live().pass(2_000);
  t.equal(camera.state.phase, 'lost');
  t.match(camera.state.problem?.message, /no frame for 2 s/);
  t.equal(camera.state.source, 'draining', 'its frames are shown until the placeholder is ready');
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

t.test('there is at most one attempt at a time', async t => {
  // Opened twice: the retry timer of the loss survived the opening that a change of the configuration started.
  const camera = live().send({ type: 'source-failed', failure: FAILURE }).placeholderShown();
  camera.configure({ settings: OTHER, reopen: 'source' });
  t.ok(camera.opening);
  t.notMatch(timersOf(camera.state), { retry: Number });
  camera.pass(1_000).opened().frames().pass(1_000);
  t.equal(camera.state.phase, 'live');
  t.equal(camera.trace.filter(line => line === 'open-source').length, 2, 'the first one and this one');
  t.strictSame(camera.faults, []);
});

t.test('another source: the old one is shown until the new one is ready', async t => {
  const camera = live().configure({ settings: OTHER, reopen: 'source' });
  t.equal(camera.state.phase, 'live');
  t.equal(camera.shown, 'source');
  camera.opened();
  t.equal(camera.source?.device, OTHER.device);
  t.notOk(camera.trace.some(line => line.startsWith('show-placeholder')));
});

t.test('another source that does not open: the old one is not shown for long', async t => {
  const camera = live().configure({ settings: OTHER, reopen: 'source' });
  camera.pass(1_900).frames().pass(100);
  t.equal(camera.state.phase, 'lost');
  t.equal(camera.trace.at(-1), 'show-placeholder OPENING');
  t.ok(camera.opening, 'the attempt continues');
  camera.placeholderShown().openFailed();
  t.equal(camera.state.problem, FAILURE);
  t.match(timersOf(camera.state), { retry: camera.now + 500 });
});

t.test('the same device with other settings is closed first', async t => {
  const camera = live().configure({ reopen: 'format' });
  t.strictSame(camera.trace.slice(-2), ['close-source', 'open-source']);
  camera.openFailed();
  t.equal(camera.state.phase, 'lost', 'and if it does not reopen, no frozen frame is shown');
  t.equal(camera.trace.at(-1), 'show-placeholder CAMERA LOST');
});

t.test('back to the source that is still shown, while another one is opening: it opens once', async t => {
  const camera = live().configure({ settings: OTHER, reopen: 'source' });
  camera.configure({ settings: TEST_SETTINGS, reopen: 'source' });
  t.strictSame(camera.trace.slice(-3), ['cancel-opening', 'close-source', 'open-source']);
  t.strictSame(camera.faults, []);
});

t.test('an unplugged camera is reopened when it is plugged in again', async t => {
  const absent = { ...TEST_SETTINGS, isPresent: false };
  const camera = live().configure({ settings: absent }).placeholderShown();
  t.equal(camera.state.phase, 'lost');
  camera.pass(60_000);
  t.equal(camera.opening, null);
  camera.configure({ settings: TEST_SETTINGS, isBack: true });
  t.ok(camera.opening, 'at once');
  t.strictSame(camera.faults, []);
});

t.test('the driver reports an unplugged camera before udev does', async t => {
  const camera = live().send({ type: 'source-failed', failure: FAILURE }).placeholderShown();
  camera.configure({ settings: { ...TEST_SETTINGS, isPresent: false } });
  t.match(camera.state.problem?.message, /unplugged/);
});

t.test('a device that gets another number while it is opening is opened there', async t => {
  const camera = new CameraWorld().subscribe('v').configure({ isBack: true });
  t.strictSame(camera.trace.slice(-2), ['cancel-opening', 'open-source']);
});

t.test('B-frames in a passthrough stream: it is re-encoded from then on', async t => {
  const camera = live().send({ type: 'passthrough-refused' });
  t.strictSame(camera.trace.slice(-2), ['close-source', 'open-source']);
  t.equal(camera.state.phase, 'live');
  camera.pass(2_000);
  t.equal(camera.trace.at(-1), 'show-placeholder OPENING', 'a frozen frame is not shown for long');
});

t.test('no encoder opens any more: all viewers are notified', async t => {
  const camera = live().send({ type: 'output-failed', failure: FAILURE });
  t.equal(camera.state.phase, 'closed');
  t.strictSame([...camera.failed], ['v']);
  const withPublisher = published().send({ type: 'output-failed', failure: FAILURE });
  t.strictSame([...withPublisher.endedPublishers], ['p']);
});

t.test('no publisher: viewers are refused, and nothing is opened', async t => {
  const camera = new CameraWorld(PUBLISHED).subscribe('v');
  t.strictSame(camera.trace, ['fail v: Nobody is publishing to it.']);
  t.equal(camera.state.phase, 'closed');
  t.equal(camera.state.subscribers.size, 0);
});

t.test('a publisher that leaves is awaited, and then its viewers are notified', async t => {
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
    t.equal(camera.shown, 'publisher');
    t.notOk(camera.failed.has('w'));
  },
);

t.test('zombie 2: a publisher that was answered in time, whose first frame comes late', async t => {
  const camera = published().unpublish('p').placeholderShown().pass(29_000).publish('q').pass(15_000);
  t.equal(camera.state.phase, 'awaitingPublisher', 'its viewers keep waiting');
  camera.publisherReady('q');
  t.strictSame([camera.state.phase, camera.shown], ['live', 'publisher']);
  t.strictSame([...camera.failed], []);
});

t.test('zombie 2, without any frame: the publisher and its viewers are notified after the timeout', async t => {
  const camera = published().unpublish('p').placeholderShown().pass(29_000).publish('q').pass(20_000);
  camera.send({ type: 'publisher-failed', session: 'q', failure: FAILURE });
  t.equal(camera.trace.at(-1), 'end-publisher q: It cannot be opened.');
  t.equal(camera.state.publisher, null);
  camera.pass(0);
  t.strictSame([...camera.failed], ['v'], 'for no longer than for the first one');
});

t.test('zombie 3: given another source while a publisher is awaited', async t => {
  const camera = published().unpublish('p').placeholderShown().pass(10_000);
  camera.configure({ settings: TEST_SETTINGS, reopen: 'source' });
  t.equal(camera.trace.at(-2), 'show-placeholder OPENING');
  camera.placeholderShown().opened();
  for (let s = 0; s < 40; s++) camera.frames().pass(1_000);
  t.equal(camera.state.phase, 'live');
  t.strictSame([...camera.failed], []);
});

t.test('zombie 4: a publication that fails leaves nothing open', async t => {
  const camera = new CameraWorld(PUBLISHED).publish('p').subscribe('v').unpublish('p');
  t.equal(camera.state.phase, 'closed');
  t.strictSame([...camera.failed], ['v'], 'viewers that waited for its first frame are notified');
  t.equal(camera.isOutputOpen, false);
});

t.test('a publisher is notified when another source is configured, and no frozen frame is shown', async t => {
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

t.test('a publisher in another codec than the previous one: viewers renegotiate', async t => {
  const camera = published().unpublish('p').placeholderShown().publish('q').publisherReady('q', 'VP8');
  t.strictSame([...camera.failed], ['v']);
  t.strictSame([camera.state.phase, camera.shown], ['live', 'publisher']);
  t.strictSame(camera.trace.slice(-4), [
    'fail v: The camera is published in VP8 now, and was in H264.',
    'close-output',
    'open-output',
    'show-publisher',
  ]);
});

t.test('a publisher of VP8 leaves: there is no placeholder, so its viewers are notified', async t => {
  const camera = new CameraWorld(PUBLISHED).publish('p').publisherReady('p', 'VP8').subscribe('v').unpublish('p');
  t.strictSame([camera.state.phase, ...camera.failed], ['closed', 'v']);
});

t.test('a publisher that stalls stays registered, and is shown when it sends again', async t => {
  const camera = published().pass(2_000).placeholderShown();
  t.equal(camera.state.phase, 'lost');
  t.equal(camera.state.publisher?.session, 'p');
  camera.pass(20_000).frames();
  t.strictSame([camera.state.phase, camera.trace.at(-1)], ['live', 'show-publisher']);
});

t.test('a camera that is changed to WHIP: its viewers wait for a publisher', async t => {
  const camera = live().configure({ settings: PUBLISHED, reopen: 'source' });
  t.equal(camera.trace.at(-1), 'show-placeholder NO PUBLISHER');
  camera.publish('p').publisherReady('p');
  t.strictSame([camera.state.phase, camera.source], ['live', null]);
  const opening = new CameraWorld().subscribe('v').configure({ settings: PUBLISHED, reopen: 'source' });
  t.strictSame([opening.state.phase, ...opening.failed], ['closed', 'v'], 'it had shown no frame yet');
});

t.test('the outcome of an abandoned attempt is ignored', async t => {
  const camera = new CameraWorld().subscribe('v');
  const { attempt } = camera.opening ?? { attempt: -1 };
  camera.configure({ settings: OTHER, reopen: 'source' });
  t.ok(camera.trace.includes('cancel-opening'));
  camera.send({ type: 'opened', attempt });
  camera.send({ type: 'open-failed', attempt, failure: new CameraFailure('late', '') });
  t.equal(camera.state.phase, 'opening');
  t.strictSame([...camera.failed], []);
});

t.test('the end closes everything', async t => {
  const camera = published().send({ type: 'close' });
  t.strictSame([camera.isOutputOpen, camera.state.publisher], [false, null]);
  t.strictSame(timersOf(camera.state), {});
});
