import t from 'tap';
import { emptyPage, joinAndLeave, launchChromium, openViewers, serveWithBrowser } from '../helpers/browser.js';
import { SMALL_FPS, smallCameras } from '../helpers/frames.js';
import { legacyClient } from '../helpers/legacy-client.js';
import { sleep, startServer, until, workersOf } from '../helpers/server.js';

t.test('a worker is killed: its viewers are notified, the other camera loses no frame, it serves again', async t => {
  const { server, browser } = await serveWithBrowser(t, ...smallCameras(t, 'a', 'b'));
  const page = await emptyPage(browser, server);
  const a = await openViewers(page, server, 'a', 2);
  const b = await openViewers(page, server, 'b', 2);
  await until('all see', async () =>
    [...(await a.stats()), ...(await b.stats())].every(viewer => viewer.framesDecoded > 20),
  );
  const before = await b.stats();
  const began = performance.now();
  process.kill(server.worker('a'), 'SIGKILL');
  await until('the sessions have ended', async () => (await server.sessions()).length === 2);
  const ended = await server.sessions('ended');
  t.strictSame(
    ended.map(session => [session.camera, session.ended?.reason]),
    [
      ['a', 'worker-died'],
      ['a', 'worker-died'],
    ],
  );
  t.match(ended[0]?.ended?.detail, /SIGKILL/, 'the reason names the signal');
  // A viewer that joins at once waits, or is asked to retry, and then sees the video.
  await until('the camera serves again', async () => (await joinAndLeave(page, server, 'a', 1))[0]?.firstFrameMs);
  t.comment(`served again after ${Math.round(performance.now() - began)} ms`);
  const after = await b.stats();
  const seconds = (performance.now() - began) / 1000;
  const gained = after.map((viewer, i) => viewer.framesDecoded - (before[i]?.framesDecoded ?? 0));
  t.ok(
    Math.min(...gained) >= (seconds * SMALL_FPS) / 3,
    `the other camera continued: ${gained.join(' ')} frames in ${seconds.toFixed(1)} s`,
  );
  t.equal((await server.camera('a')).restarts, 1);
  t.equal((await server.camera('b')).restarts, 0);
});

t.test('a worker that hangs is replaced, and the other camera loses no frame', async t => {
  const { server, browser } = await serveWithBrowser(t, ...smallCameras(t, 'a', 'b'));
  const page = await emptyPage(browser, server);
  const a = await openViewers(page, server, 'a', 1);
  const b = await openViewers(page, server, 'b', 2);
  await until('all see', async () =>
    [...(await a.stats()), ...(await b.stats())].every(viewer => viewer.framesDecoded > 20),
  );
  const hung = server.worker('a');
  const [before, began] = [await b.stats(), performance.now()];
  process.kill(hung, 'SIGSTOP');
  await until('another worker has replaced it', () => ![0, hung].includes(server.worker('a')), 20_000);
  t.comment(`replaced after ${Math.round(performance.now() - began)} ms`);
  await until('it is ready', async () => (await server.camera('a')).state === 'idle', 20_000);
  t.comment(`ready after ${Math.round(performance.now() - began)} ms`);
  t.match(await server.sessions('ended'), [{ camera: 'a', ended: { reason: 'worker-died', detail: /no answer for/ } }]);
  const seconds = (performance.now() - began) / 1000;
  const gained = (await b.stats()).map((viewer, i) => viewer.framesDecoded - (before[i]?.framesDecoded ?? 0));
  t.ok(
    Math.min(...gained) >= (seconds * SMALL_FPS) / 3,
    `the other camera continued: ${gained.join(' ')} frames in ${seconds.toFixed(1)} s`,
  );
  t.equal((await server.camera('a')).restarts, 1);
  t.equal((await server.camera('b')).restarts, 0);
});

t.test('SIGTERM ends everything in time and gives the reason', async t => {
  const server = await startServer('--camera', 'a=test', '--camera', 'b=test');
  const browser = await launchChromium();
  t.teardown(() => browser.close());
  const viewers = await openViewers(await emptyPage(browser, server), server, 'a', 2);
  await until('they see', async () => (await viewers.stats()).every(viewer => viewer.framesDecoded > 0));
  const workers = workersOf(server.pid).map(worker => worker.pid);
  t.equal(workers.length, 2);
  t.equal(await server.close(), 0);
  t.ok(server.log.some(line => line.includes('"reason":"shutdown"')));
  t.strictSame(workers.filter(isAlive), []);
});

t.test('the server is killed: its workers exit too, in any state', async t => {
  const server = await startServer('--camera', 'a=test', '--camera', 'b=test');
  t.teardown(() => server.close());
  // One camera is open, and a legacy receiver is offered both by a third process.
  await until('one plays', async () => (await server.fetch('/api/v1/cameras/a/snapshot.jpg')).ok);
  const old = await legacyClient(t, `${server.origin}/?token=${server.token}`);
  old.say({ status: 'HELLO' });
  await old.next();
  await until('they are there', () => workersOf(server.pid).length === 3);
  const workers = workersOf(server.pid).map(worker => worker.pid);
  process.kill(server.pid, 'SIGKILL');
  await server.close();
  await until('they are gone', () => workers.filter(isAlive).length === 0);
  t.pass('nothing is left running');
});

t.test('the camera closes a while after its last viewer', async t => {
  const config = `${t.testdir({ 'robot.yaml': 'limits: { linger: 4 }\ncameras: { a: { source: test } }' })}/robot.yaml`;
  const { server, browser } = await serveWithBrowser(t, '--config', config);
  await until('it is ready', async () => (await server.camera('a')).state === 'idle');
  await joinAndLeave(await emptyPage(browser, server), server, 'a', 1);
  await sleep(2000);
  t.equal((await server.camera('a')).state, 'live', 'it lingers');
  await until('it is closed', async () => (await server.camera('a')).state === 'idle');
  t.equal((await server.camera('a')).encoder, null);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
