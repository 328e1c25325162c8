import t from 'tap';
import { emptyPage, launchChromium, openViewers } from '../helpers/browser.js';
import { grows, isSteady } from '../helpers/frames.js';
import { startServer, type TestServer, until } from '../helpers/server.js';

const browser = await launchChromium();
t.teardown(() => browser.close());

/** A viewer, and what they see. */
async function watch(server: TestServer, camera: string) {
  const viewers = await openViewers(await emptyPage(browser, server), server, camera, 1);
  const stats = async () =>
    (await viewers.stats())[0] ?? {
      framesDecoded: 0,
      freezeCount: 0,
      width: 0,
      height: 0,
      keyFramesDecoded: 0,
    };
  await until(`${camera} plays`, async () => (await stats()).framesDecoded > 10);
  return { stats, leave: () => viewers.leave() };
}

const patch = (server: TestServer, camera: string, body: object) =>
  server.fetch(`/api/v1/cameras/${camera}`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/merge-patch+json' },
    body: JSON.stringify(body),
  });

t.test('edits of a camera do not freeze the video of its viewer', async t => {
  const config = t.testdir({
    'config.yaml': 'cameras: { t: { source: test }, control: { source: test, width: 320, height: 240 } }\n',
  });
  const server = await startServer('--config', `${config}/config.yaml`);
  t.teardown(() => server.close());
  const viewer = await watch(server, 't');
  const [session] = await server.sessions();
  const control = await watch(server, 'control');

  let last: object = {
    bitrate: 1_000_000,
    keyframeInterval: 30,
    framerate: 30,
    width: 640,
    height: 480,
    passthrough: 'auto',
  };
  for (const edit of [
    { bitrate: 500_000 },
    { bitrate: 1_500_000 },
    { keyframeInterval: 120 },
    { framerate: 25 },
    { framerate: 30 },
    { width: 320, height: 240 },
    { width: 640, height: 360 },
    { passthrough: 'never' },
  ]) {
    const before = last;
    await isSteady(t, JSON.stringify(edit), {
      subject: viewer.stats,
      control: control.stats,
      least: 20,
      windowMs: 1000,
      act: async () => {
        const response = await patch(server, 't', edit);
        t.equal(response.status, 200, await response.text());
      },
      undo: async () => void (await patch(server, 't', before)),
    });
    last = { ...last, ...edit };
  }
  await control.leave();
  t.match(await server.camera('t'), { video: { width: 640, height: 360 }, settings: { bitrate: 1_500_000 } });
  t.strictSame(
    (await server.sessions()).map(({ id }) => id),
    [session?.id],
  );

  // Another source, one that does not exist.
  t.equal((await patch(server, 't', { source: 'file:/nowhere.mp4' })).status, 200);
  await until('it is lost', async () => (await server.camera('t')).state === 'lost');
  await grows('the placeholder moves', async () => (await viewer.stats()).framesDecoded, 40);
  t.equal((await patch(server, 't', { source: 'test' })).status, 200);
  await until('it is back', async () => (await server.camera('t')).state === 'live');
  t.strictSame(
    (await server.sessions()).map(({ id }) => id),
    [session?.id],
  );
  await viewer.leave();
});
