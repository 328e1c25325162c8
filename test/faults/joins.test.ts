import t from 'tap';
import { emptyPage, joinAndLeave, openViewers, serveWithBrowser } from '../helpers/browser.js';
import { grows, smallCameras } from '../helpers/frames.js';
import { IS_LONG } from '../helpers/long.js';
import { settled } from '../helpers/seen.js';
import { resourcesOf, until, workersOf } from '../helpers/server.js';

/** A leak of one item per session shows after fewer; releases must pass the long form. */
const JOINS = IS_LONG ? 400 : 50;
/** The camera opens during these. */
const FIRST = 5;
/** Ended sessions that the server remembers. */
const REMEMBERED = 200;

t.test(`${JOINS} joins and leaves from Chromium leave nothing behind`, async t => {
  const { server, browser } = await serveWithBrowser(t, '--camera', 'cam=test');
  const page = await emptyPage(browser, server);
  // With the camera open, as at the end.
  await joinAndLeave(page, server, 'cam', FIRST);
  const worker = server.worker('cam');
  const before = await settled(worker);
  const joins = [];
  // In parts, to see where a page hangs.
  for (let done = 0; done < JOINS; done += 50) joins.push(...(await joinAndLeave(page, server, 'cam', 50)));
  t.equal(joins.length, JOINS);
  t.strictSame(
    joins.filter(join => join.status !== 201).map(join => join.body),
    [],
    'each offer is answered',
  );
  t.equal(joins.filter(join => join.firstFrameMs === null).length, 0, 'all got a frame');
  await until('threads and fds are back to within 10 %', () => {
    const after = resourcesOf(worker);
    return after.threads <= before.threads * 1.1 && after.fds <= before.fds * 1.1;
  });
  t.equal(server.worker('cam'), worker, 'it is still the same worker');
  t.strictSame(await server.sessions(), []);
  const ended = await server.sessions('ended');
  t.equal(ended.length, Math.min(FIRST + JOINS, REMEMBERED), 'the last ones are remembered');
  t.ok(ended.every(session => session.ended?.reason === 'client-delete'));
  t.strictSame(
    server.log.filter(line => /CRITICAL|GLib-|GStreamer-/.test(line)),
    [],
    'no warning of GLib or GStreamer',
  );
  t.comment(`before ${JSON.stringify(before)}, after ${JSON.stringify(resourcesOf(worker))}`);
});

t.test('20 simultaneous viewers all see the video, at about the same rate', async t => {
  const { server, browser } = await serveWithBrowser(t, ...smallCameras(t, 'cam'));
  const viewers = await openViewers(await emptyPage(browser, server), server, 'cam', 20);
  await until(
    'all are connected and decode',
    async () => (await viewers.stats()).every(viewer => viewer.framesDecoded > 10),
    20_000,
  );
  t.equal((await server.camera('cam')).viewers, 20);
  const before = await viewers.stats();
  const least = async () => Math.min(...(await viewers.stats()).map(({ framesDecoded }) => framesDecoded));
  await grows('frames of the viewer with the fewest', least, 60);
  const gained = (await viewers.stats()).map((viewer, i) => viewer.framesDecoded - (before[i]?.framesDecoded ?? 0));
  t.ok(Math.min(...gained) >= Math.max(...gained) / 2, `nobody is left behind: ${gained.join(' ')} frames`);
  await viewers.leave();
  t.strictSame(await server.sessions(), []);
});

t.test('a viewer that vanishes silently is detected', async t => {
  const { server, browser } = await serveWithBrowser(t, '--camera', 'cam=test');
  const page = await emptyPage(browser, server);
  const [closed, killed] = [
    await openViewers(page, server, 'cam', 1),
    await openViewers(await emptyPage(browser, server), server, 'cam', 1),
  ];
  await until('both see', async () =>
    [...(await closed.stats()), ...(await killed.stats())].every(viewer => viewer.framesDecoded > 0),
  );
  await closed.vanish();
  await browser.close();
  const gone = await until(
    'both have ended',
    async () => (await server.sessions()).length === 0 && server.sessions('ended'),
    30_000,
  );
  t.equal(gone.length, 2);
  t.ok(
    gone.every(session => ['peer-closed', 'rtcp-timeout', 'ice-failed'].includes(session.ended?.reason ?? '')),
    JSON.stringify(gone.map(session => session.ended)),
  );
  t.equal(workersOf(server.pid).length, 1);
});
