import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { emptyPage, launchChromium, openViewers } from '../helpers/browser.js';
import { grows } from '../helpers/frames.js';
import { rtspCamera } from '../helpers/rtsp-camera-process.js';
import { startServer, type TestServer, until } from '../helpers/server.js';

// Cameras that are lost while a viewer watches, and come back.

const browser = await launchChromium();
t.teardown(() => browser.close());

const WIDTH = 320;
const HEIGHT = 240;

/** Starts a server with one camera, `arm`, and a viewer of it in a browser. */
async function watched(t: Test, settings: string) {
  const config = join(t.testdir(), 'config.yaml');
  writeFileSync(
    config,
    `cameras:\n  arm: { width: ${WIDTH}, height: ${HEIGHT}, ${settings} }\n  other: { source: test, width: ${WIDTH}, height: ${HEIGHT}, framerate: 15 }\n`,
  );
  const server = await startServer('--config', config);
  t.teardown(() => server.close());
  return server;
}

async function watch(server: TestServer, camera: string) {
  const viewers = await openViewers(await emptyPage(browser, server), server, camera, 1);
  const decoded = async () => (await viewers.stats())[0]?.framesDecoded ?? 0;
  await until(`${camera} plays`, async () => (await decoded()) > 5);
  return {
    decoded,
    leave: () => viewers.leave(),
  };
}

const inState = (server: TestServer, camera: string, state: string) =>
  until(`${camera} is ${state}`, async () => {
    const found = await server.camera(camera);
    return found.state === state && found;
  });

t.test('a source that ends shows a placeholder and is reopened', async t => {
  const server = await watched(
    t,
    `source: 'gst:videotestsrc is-live=true num-buffers=90 ! video/x-raw,framerate=30/1'`,
  );
  const viewer = await watch(server, 'arm');
  const [session] = await server.sessions();
  const lost = await inState(server, 'arm', 'lost');
  t.match(lost, { problem: { detail: /it ended/ }, lostSince: /^20\d\d-/, encoder: 'x264enc' });
  const back = await inState(server, 'arm', 'live');
  t.match(back, { lostSince: null });
  t.notOk('problem' in back);
  await grows('the viewer sees it again', viewer.decoded, 20);
  t.strictSame(
    (await server.sessions()).map(({ id }) => id),
    [session?.id],
    'the viewer is in the same session',
  );
  t.ok(
    server.log.some(line => line.includes('camera lost')) && server.log.some(line => line.includes('camera recovered')),
  );
  await viewer.leave();
});

t.test('a source that stalls silently does not affect another camera', async t => {
  const rtsp = await rtspCamera(t, 0, 'constrained-baseline', 30);
  const server = await watched(t, `stallTimeout: 0.5, source: 'rtsp://127.0.0.1:${rtsp.port}/live'`);
  const viewer = await watch(server, 'arm');
  const other = await watch(server, 'other');
  const [session] = await server.sessions();
  const [otherBefore, began] = [await other.decoded(), performance.now()];
  rtsp.pause();
  const lost = await inState(server, 'arm', 'lost');
  t.match(lost.problem?.detail, /no frame for 0.5 s/);
  await grows('the placeholder moves', viewer.decoded, 40);
  const snapshot = await server.fetch('/api/v1/cameras/arm/snapshot.jpg');
  t.equal(snapshot.status, 409, 'a frame of the placeholder is no snapshot of the camera');
  rtsp.go();
  await inState(server, 'arm', 'live');
  await grows('it plays again', viewer.decoded, 40);
  t.ok((await server.sessions()).some(({ id }) => id === session?.id));
  const fps = ((await other.decoded()) - otherBefore) / ((performance.now() - began) / 1000);
  t.ok(fps > 5, `the other camera continued: ${fps.toFixed(1)} a second`);
  await viewer.leave();
  await other.leave();
});
