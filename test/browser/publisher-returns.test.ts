import { join } from 'node:path';
import t from 'tap';
import { emptyPage, joinAndLeave, openViewers, serveWithBrowser } from '../helpers/browser.js';
import { publish } from '../helpers/publisher.js';
import { sleep, until } from '../helpers/server.js';

// A publisher that leaves and returns, in each way in which it once stayed registered but invisible. The timeouts are
// configured, so the tests wait for those, not for events.

const LINGER_S = 2;
const RETURN_S = 4;
const settings = `limits: { linger: ${LINGER_S}, publisherReturn: ${RETURN_S} }\ncameras:\n`;
const cameras = ['leaves', 'late', 'changes', 'codec'].map(id => `  ${id}: { source: whip }\n`).join('');
const config = join(t.testdir({ 'config.yaml': settings + cameras }), 'config.yaml');
const { server, browser } = await serveWithBrowser(t, '--config', config);
const page = await emptyPage(browser, server);

const inState = (camera: string, state: string) =>
  until(`${camera} is ${state}`, async () => (await server.camera(camera)).state === state);

/** A published camera, and a viewer that sees it. */
async function watched(camera: string) {
  const publication = await publish(page, server, camera, { codec: 'H264' });
  await inState(camera, 'live');
  const viewers = await openViewers(page, server, camera, 1);
  const decoded = async () => (await viewers.stats())[0]?.framesDecoded ?? 0;
  await until('it is seen', async () => (await decoded()) > 5);
  return { publication, viewers, decoded };
}

t.test('a publisher returns after its last viewer left, before the camera is closed', async t => {
  const { publication, viewers } = await watched('leaves');
  await publication.leave();
  await inState('leaves', 'lost');
  await viewers.leave();
  const again = await publish(page, server, 'leaves', { codec: 'H264' });
  t.equal(again.status, 201, again.body);
  await inState('leaves', 'live');
  await sleep((LINGER_S + 1) * 1000);
  const [joined] = await joinAndLeave(page, server, 'leaves', 1);
  t.equal(joined?.status, 201, joined?.body ?? '');
  t.ok(joined?.firstFrameMs, 'a viewer that joins then sees it');
  await again.leave();
  await inState('leaves', 'waiting');
  const third = await publish(page, server, 'leaves', { codec: 'H264' });
  t.equal(third.status, 201, 'and a publisher can use it');
  await third.leave();
});

t.test('a publisher sends its first frame long after the answer', async t => {
  const { publication, viewers, decoded } = await watched('late');
  await publication.leave();
  await inState('late', 'lost');
  const again = await publish(page, server, 'late', { codec: 'H264', connectAfterMs: (RETURN_S + 1) * 1000 });
  t.equal(again.status, 201, again.body);
  await until('it is connected', async () => (await again.stats()).state === 'connected', 20_000);
  await inState('late', 'live');
  const before = await decoded();
  await until('its viewer sees it again, in the same session', async () => (await decoded()) > before + 30);
  await viewers.leave();
  await again.leave();
});

t.test('the camera is given another source while its publisher is awaited', async t => {
  const { publication, viewers, decoded } = await watched('changes');
  await publication.leave();
  await inState('changes', 'lost');
  const changed = await server.fetch('/api/v1/cameras/changes', {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/merge-patch+json' },
    body: JSON.stringify({ source: 'test' }),
  });
  t.equal(changed.status, 200);
  await inState('changes', 'live');
  await sleep((RETURN_S + 1) * 1000);
  const before = await decoded();
  await until('its viewer sees the source', async () => (await decoded()) > before + 30);
  t.equal((await server.sessions()).length, 1);
  await viewers.leave();
});

t.test('a publisher returns in another codec: it is shown, and its viewers renegotiate', async t => {
  const { publication, viewers } = await watched('codec');
  await publication.leave();
  await inState('codec', 'lost');
  const again = await publish(page, server, 'codec', { codec: 'VP8' });
  t.equal(again.status, 201, again.body);
  await inState('codec', 'live');
  t.match(await server.camera('codec'), { video: { codec: 'VP8' }, publisher: String });
  const [joined] = await joinAndLeave(page, server, 'codec', 1);
  t.ok(joined?.firstFrameMs, 'a viewer that joins again sees it');
  t.match(
    (await server.sessions('ended')).find(
      ({ protocol, ended }) => protocol === 'whep' && ended?.reason !== 'client-delete',
    )?.ended,
    {
      reason: 'publisher-left',
    },
  );
  await viewers.vanish();
  await again.leave();
});
