import t from 'tap';
import { emptyPage, joinAndLeave, openViewers, serveWithBrowser } from '../helpers/browser.js';
import { publish } from '../helpers/publisher.js';
import { settled } from '../helpers/seen.js';
import { resourcesOf, type TestServer, until } from '../helpers/server.js';

// No leaks: publishers that come and go, and a camera that fails repeatedly. Viewers are in faults/joins.

const complaints = (server: TestServer): string[] => server.log.filter(line => /CRITICAL|assertion/.test(line));

t.test('twenty publications, each watched, leave nothing behind', async t => {
  const { server, browser } = await serveWithBrowser(t, '--camera', 'phone=whip');
  const page = await emptyPage(browser, server);
  const waiting = () => until('nobody publishes', async () => (await server.camera('phone')).state === 'waiting');
  await waiting();
  const round = async () => {
    const publication = await publish(page, server, 'phone', { codec: 'H264', audio: true });
    t.equal(publication.status, 201);
    await until('it is live', async () => (await server.camera('phone')).state === 'live');
    const joins = [
      ...(await joinAndLeave(page, server, 'phone', 1)),
      ...(await joinAndLeave(page, server, 'phone', 1)),
    ];
    t.ok(joins.every(({ firstFrameMs }) => firstFrameMs !== null));
    await publication.leave();
    await waiting();
  };
  const pid = server.worker('phone');
  for (let i = 0; i < 5; i++) await round();
  const before = await settled(pid);
  for (let i = 0; i < 15; i++) await round();
  let after = resourcesOf(pid);
  // V8 collects the wrappers of the last two sessions later, and each holds 6 until then. A leak of one per
  // round would be 15.
  await until('threads and file descriptors are released', () => {
    after = resourcesOf(pid);
    return after.threads <= before.threads + 3 && after.fds < before.fds + 15;
  }).catch(error => t.fail(`${error.message}: ${JSON.stringify({ before, after })}`));
  t.comment(JSON.stringify({ before, after }));
  t.ok(after.rssMb <= before.rssMb + 30, `RSS ${before.rssMb} -> ${after.rssMb} MB`);
  t.equal(server.worker('phone'), pid, 'the worker never died');
  t.strictSame(complaints(server), []);
});

t.test('a camera that comes and goes leaves nothing behind', async t => {
  const source = 'gst:videotestsrc is-live=true num-buffers=10 ! video/x-raw,width=320,height=240,framerate=30/1';
  const { server, browser } = await serveWithBrowser(t, '--camera', `arm=${source}`);
  const viewers = await openViewers(await emptyPage(browser, server), server, 'arm', 1);
  const pid = server.worker('arm');
  const losses = () => server.log.filter(line => line.includes('camera lost')).length;
  // It is never at rest: the minimum over some rounds is what it keeps.
  const least = async (rounds: number) => {
    const goal = losses() + rounds;
    const seen = resourcesOf(pid);
    await until(
      `it was lost ${rounds} times more`,
      () => {
        const now = resourcesOf(pid);
        for (const key of ['threads', 'fds', 'rssMb'] as const) seen[key] = Math.min(seen[key], now[key]);
        return losses() >= goal;
      },
      60_000,
    );
    return seen;
  };
  await least(3);
  const before = await least(5);
  await least(20);
  const after = await least(5);
  t.comment(JSON.stringify({ before, after }));
  t.ok(after.threads <= before.threads + 4, `threads ${before.threads} -> ${after.threads}`);
  t.ok(after.fds <= before.fds + 6, `fds ${before.fds} -> ${after.fds}`);
  t.ok(after.rssMb <= before.rssMb + 30, `RSS ${before.rssMb} -> ${after.rssMb} MB`);
  t.equal(server.worker('arm'), pid, 'the worker never died');
  t.strictSame(complaints(server), []);
  await viewers.leave();
});
