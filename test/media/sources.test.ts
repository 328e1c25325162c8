import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { emptyPage, launchChromium, openViewers } from '../helpers/browser.js';
import { readOffer } from '../helpers/fixtures.js';
import { makeVideo } from '../helpers/make-video.js';
import { rtspCamera } from '../helpers/rtsp-camera-process.js';
import { sleep, startServer, type TestServer, until } from '../helpers/server.js';

const dir = t.testdir();
const browser = await launchChromium();
t.teardown(() => browser.close());

/** Pictures that a viewer decodes of a camera in some seconds. */
async function decodes(
  server: TestServer,
  camera: string,
  seconds: number,
): Promise<{ frames: number; freezes: number }> {
  const viewers = await openViewers(await emptyPage(browser, server), server, camera, 1);
  const look = async () => (await viewers.stats())[0] ?? { framesDecoded: 0, freezeCount: 0 };
  await until(`${camera} plays`, async () => (await look()).framesDecoded > 2);
  const before = await look();
  await sleep(seconds * 1000);
  const after = await look();
  await viewers.leave();
  return { frames: after.framesDecoded - before.framesDecoded, freezes: after.freezeCount };
}

t.test('files: what suits WebRTC is passed through, the rest is encoded; both loop without a gap', async t => {
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
  );
  t.teardown(() => server.close());
  const cameras = ['suited', 'rare', 'high'];
  // 2 s long: each starts again twice while it is watched.
  const seen = await Promise.all(cameras.map(camera => decodes(server, camera, 4.5)));
  for (const [i, { frames, freezes }] of seen.entries()) {
    const camera = cameras[i];
    t.ok(frames >= 95 && frames <= 125, `${camera} keeps its own rate of 25 over its end: ${frames} pictures in 4.5 s`);
    t.equal(freezes, 0, `${camera} does not freeze`);
  }
  t.match(await server.camera('suited'), { passthrough: { active: true }, encoder: null });
  t.match(await server.camera('rare'), {
    passthrough: { active: false, reason: /keyframe/ },
    video: { width: 320, height: 240 },
  });
  t.match(await server.camera('high'), { passthrough: { active: false, reason: /profile is (main|high)/ } });
});

t.test('the log says where a viewer is sent another profile than the answer announced', async t => {
  const high = makeVideo(join(dir, 'high2.mp4'), { frames: 50, fps: 25, keyframeInterval: 25, profile: 'high' });
  const config = join(t.testdir(), 'config.yaml');
  writeFileSync(config, `cameras: { high: { source: 'file:${high}', passthrough: always }, t: { source: test } }`);
  const server = await startServer('--config', config);
  t.teardown(() => server.close());
  const said = () => server.log.filter(line => line.includes('another profile is sent')).map(line => JSON.parse(line));
  for (const camera of ['t', 'high']) {
    const body = readOffer('libdatachannel-viewer');
    const headers = { 'Content-Type': 'application/sdp' };
    const response = await server.fetch(`/whep/${camera}`, { method: 'POST', headers, body });
    t.equal(response.status, 201);
    const answer = await response.text();
    // High is not what was offered, so its name stays; of the test camera it is just what the SPS says.
    t.match(answer, camera === 'high' ? 'profile-level-id=42e0' : 'profile-level-id=42c0');
  }
  await until('it is said', () => said().length > 0);
  t.match(said(), [{ camera: 'high', announced: '42e01f', sent: /^(64|4d)/ }]);
});

t.test('a passthrough that is asked for in the configuration', async t => {
  const rare = makeVideo(join(dir, 'rare2.mp4'), { frames: 50, fps: 25, keyframeInterval: 50 });
  const config = t.testdir({
    'config.yaml': `cameras:\n  always: { source: 'file:${rare}', passthrough: always }\n  never: { source: 'file:${rare}', passthrough: never, name: No }\n`,
  });
  const server = await startServer('--config', join(config, 'config.yaml'));
  t.teardown(() => server.close());
  for (const { frames } of await Promise.all(['always', 'never'].map(camera => decodes(server, camera, 2))))
    t.ok(frames > 30);
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
  const door = await decodes(server, 'door', 3);
  t.ok(door.frames >= 60, `passed through: ${door.frames} pictures in 3 s`);
  const yard = await decodes(server, 'yard', 3);
  t.ok(yard.frames >= 60, `encoded: ${yard.frames} pictures in 3 s`);
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
  await sleep(1000);
  const ofSlate = await decoded();
  await sleep(2000);
  t.ok((await decoded()) - ofSlate >= 40, `the slate moves: ${(await decoded()) - ofSlate} pictures in 2 s`);
  await rtspCamera(t, baseline.port, 'constrained-baseline', 30);
  await until('it is back', async () => {
    const { state, encoder } = await server.camera('door');
    return state === 'live' && encoder === null;
  });
  t.match(await server.camera('door'), { encoder: null, lostSince: null, passthrough: { active: true } });
  const before = await decoded();
  await sleep(2000);
  t.ok((await decoded()) - before >= 40, 'it plays again');
  t.strictSame(
    (await server.sessions()).map(({ id }) => id),
    [session?.id],
    'in the same session',
  );
  await viewers.leave();
});

t.test('a camera that is not there when it is opened is refused', async t => {
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

t.test('a camera that is lost while it lingers does not take the next viewer with it', async t => {
  const first = await rtspCamera(t, 0, 'constrained-baseline', 30);
  const config = t.testdir({
    'config.yaml': `limits: { linger: 6 }\ncameras:\n  door: { source: 'rtsp://127.0.0.1:${first.port}/live' }\n`,
  });
  const server = await startServer('--config', join(config, 'config.yaml'));
  t.teardown(() => server.close());
  t.ok((await decodes(server, 'door', 1)).frames > 10);
  // The linger has begun; the camera goes, and is back before it is over.
  first.kill();
  await until('it is lost', async () => (await server.camera('door')).state === 'lost', 6000);
  await rtspCamera(t, first.port, 'constrained-baseline', 30);
  t.ok((await decodes(server, 'door', 6)).frames > 120, 'the next viewer sees on, beyond the end of the first linger');
});
