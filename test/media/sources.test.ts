import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { emptyPage, launchChromium, openViewers } from '../helpers/browser.js';
import { readOffer } from '../helpers/fixtures.js';
import { grows, isSteady } from '../helpers/frames.js';
import { makeVideo } from '../helpers/make-video.js';
import { rtspCamera } from '../helpers/rtsp-camera-process.js';
import { startServer, type TestServer, until } from '../helpers/server.js';

const dir = t.testdir();
const browser = await launchChromium();
t.teardown(() => browser.close());

/** A viewer that plays a camera. */
async function watch(server: TestServer, camera: string) {
  const viewers = await openViewers(await emptyPage(browser, server), server, camera, 1);
  const look = async () => (await viewers.stats())[0] ?? { framesDecoded: 0, freezeCount: 0 };
  await until(`${camera} plays`, async () => (await look()).framesDecoded > 2);
  return { look, leave: () => viewers.leave() };
}

/** Waits until a viewer has decoded so many frames of a camera. */
async function decodes(server: TestServer, camera: string, frames: number): Promise<void> {
  const viewer = await watch(server, camera);
  await grows(camera, async () => (await viewer.look()).framesDecoded, frames);
  await viewer.leave();
}

t.test('files: WebRTC-compatible ones are passed through, the rest is encoded; both loop without a gap', async t => {
  const suited = makeVideo(join(dir, 'suited.mp4'), { frames: 50, fps: 25, keyframeInterval: 25 });
  const rare = makeVideo(join(dir, 'rare.mp4'), { frames: 50, fps: 25, keyframeInterval: 250, sound: true });
  const high = makeVideo(join(dir, 'high.mp4'), { frames: 50, fps: 25, keyframeInterval: 25, profile: 'high' });
  const server = await startServer(
    '--camera',
    `suited=file:${suited}`,
    '--camera',
    `rare=file:${rare}`,
    '--camera',
    `high=file:${high}`,
    '--camera',
    'control=test',
  );
  t.teardown(() => server.close());
  const cameras = ['suited', 'rare', 'high'];
  const control = await watch(server, 'control');
  for (const camera of cameras) {
    const viewer = await watch(server, camera);
    const [before, began] = [await viewer.look(), performance.now()];
    // 2 s long: each restarts twice in a window.
    await isSteady(t, `${camera} loops past its end`, {
      subject: viewer.look,
      control: control.look,
      least: 95,
      windowMs: 4500,
    });
    const fps = ((await viewer.look()).framesDecoded - before.framesDecoded) / ((performance.now() - began) / 1000);
    t.ok(fps < 28, `${camera} keeps its own rate of 25: ${fps.toFixed(1)} fps`);
    await viewer.leave();
  }
  await control.leave();
  t.match(await server.camera('suited'), { passthrough: { active: true }, encoder: null });
  t.match(await server.camera('rare'), {
    passthrough: { active: false, reason: /keyframe/ },
    video: { width: 320, height: 240 },
  });
  t.match(await server.camera('high'), { passthrough: { active: false, reason: /profile is (main|high)/ } });
});

t.test('the log says when a viewer is sent another profile than the answer announced', async t => {
  const high = makeVideo(join(dir, 'high2.mp4'), { frames: 50, fps: 25, keyframeInterval: 25, profile: 'high' });
  const config = join(t.testdir(), 'config.yaml');
  writeFileSync(config, `cameras: { high: { source: 'file:${high}', passthrough: always }, t: { source: test } }`);
  const server = await startServer('--config', config);
  t.teardown(() => server.close());
  const said = () => server.log.filter(line => line.includes('sent profile differs')).map(line => JSON.parse(line));
  for (const camera of ['t', 'high']) {
    const body = readOffer('libdatachannel-viewer');
    const headers = { 'Content-Type': 'application/sdp' };
    const response = await server.fetch(`/whep/${camera}`, { method: 'POST', headers, body });
    t.equal(response.status, 201);
    const answer = await response.text();
    // High is not what was offered, so its name stays; of the test camera it is just what the SPS says.
    t.match(answer, camera === 'high' ? 'profile-level-id=42e0' : 'profile-level-id=42c0');
  }
  await until('it is logged', () => said().length > 0);
  t.match(said(), [{ camera: 'high', announced: '42e01f', sent: /^(64|4d)/ }]);
});

t.test('passthrough as configured', async t => {
  const rare = makeVideo(join(dir, 'rare2.mp4'), { frames: 50, fps: 25, keyframeInterval: 50 });
  const config = t.testdir({
    'config.yaml': `cameras:\n  always: { source: 'file:${rare}', passthrough: always }\n  never: { source: 'file:${rare}', passthrough: never, name: No }\n`,
  });
  const server = await startServer('--config', join(config, 'config.yaml'));
  t.teardown(() => server.close());
  await Promise.all(['always', 'never'].map(camera => decodes(server, camera, 30)));
  t.match(await server.camera('always'), { passthrough: { active: true } });
  t.match(await server.camera('never'), { passthrough: { active: false }, name: 'No' });
});

t.test('RTSP: passed through or encoded; gone and back', async t => {
  const baseline = await rtspCamera(t, 0, 'constrained-baseline', 30);
  const main = await rtspCamera(t, 0, 'main', 30);
  const server = await startServer(
    '--camera',
    `door=rtsp://robot:hunter2@127.0.0.1:${baseline.port}/live`,
    '--camera',
    `yard=rtsp://127.0.0.1:${main.port}/live`,
  );
  t.teardown(() => server.close());
  await decodes(server, 'door', 60);
  await decodes(server, 'yard', 60);
  t.match(await server.camera('door'), {
    passthrough: { active: true },
    source: `rtsp://robot:***@127.0.0.1:${baseline.port}/live`,
  });
  t.match(await server.camera('yard'), { passthrough: { active: false, reason: /main/ } });
  t.strictSame(
    server.log.filter(line => line.includes('hunter2')),
    [],
    'the password is in no line of the log',
  );

  const viewers = await openViewers(await emptyPage(browser, server), server, 'door', 1);
  const decoded = async () => (await viewers.stats())[0]?.framesDecoded ?? 0;
  await until('it plays', async () => (await decoded()) > 5);
  const [session] = await server.sessions();
  baseline.kill();
  const lost = await until('it is lost', async () => {
    const camera = await server.camera('door');
    return camera.state === 'lost' && camera.encoder !== null && camera;
  });
  t.match(lost, { problem: { detail: /rtsp:/ }, lostSince: /^20/, encoder: 'x264enc' });
  // More than what was on its way.
  await grows('the placeholder moves', decoded, 70);
  await rtspCamera(t, baseline.port, 'constrained-baseline', 30);
  await until('it is back', async () => {
    const { state, encoder } = await server.camera('door');
    return state === 'live' && encoder === null;
  });
  t.match(await server.camera('door'), { encoder: null, lostSince: null, passthrough: { active: true } });
  await grows('it plays again', decoded, 40);
  t.strictSame(
    (await server.sessions()).map(({ id }) => id),
    [session?.id],
    'in the same session',
  );
  await viewers.leave();
});

t.test('a viewer of a camera that is not there is refused', async t => {
  const server = await startServer('--camera', 'door=rtsp://127.0.0.1:9/live');
  t.teardown(() => server.close());
  await until('it has started', async () => (await server.camera('door')).state === 'idle');
  const { offer } = await import('../helpers/offer.js');
  const refused = await server.fetch('/whep/door', {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: offer,
  });
  t.equal(refused.status, 409);
  t.ok(Number(refused.headers.get('Retry-After')) > 0);
  t.equal((await server.camera('door')).state, 'failed');
});

t.test('a camera that is lost while it lingers does not affect the next viewer', async t => {
  const first = await rtspCamera(t, 0, 'constrained-baseline', 30);
  const config = t.testdir({
    'config.yaml': `limits: { linger: 6 }\ncameras:\n  door: { source: 'rtsp://127.0.0.1:${first.port}/live' }\n`,
  });
  const server = await startServer('--config', join(config, 'config.yaml'));
  t.teardown(() => server.close());
  await decodes(server, 'door', 10);
  // The linger has started; the camera is lost, and is back before it ends.
  first.kill();
  await until('it is lost', async () => (await server.camera('door')).state === 'lost');
  await rtspCamera(t, first.port, 'constrained-baseline', 30);
  // The next viewer keeps seeing it, beyond the end of the first linger: 30 fps for 7 s.
  await decodes(server, 'door', 210);
});
