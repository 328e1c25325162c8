import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CameraStatus } from '../../src/domain/camera-plan.js';
import type { MediaLimits } from '../../src/domain/media-engine.js';
import { CameraWorker } from '../../src/server/media/camera-worker.js';
import { EncoderMemory } from '../../src/server/media/encoder-memory.js';
import { HeldDevices } from '../../src/server/media/held-devices.js';
import { keptLog } from '../helpers/quiet-log.js';
import { startServer, until } from '../helpers/server.js';

const log = keptLog();
const limits: MediaLimits = { lingerMs: 0, publisherReturnMs: 0, encoders: null };

t.test('an encoder that does not open is replaced by the next, which is logged and remembered', async t => {
  const encoders = new EncoderMemory(log, () => worker.refresh());
  // OpenH264 takes at most 9,437,184 pixels, fewer than this frame has; it fails at the first frame, not before.
  encoders.found(['openh264enc', 'x264enc']);
  let status: CameraStatus | null = null;
  let state = 'starting';
  const worker: CameraWorker = new CameraWorker({
    plan: {
      id: 'big',
      name: 'big',
      source: { type: 'test' },
      settings: {
        width: 4096,
        height: 2308,
        framerate: 2,
        bitrate: 4_000_000,
        keyframeInterval: 60,
        passthrough: 'auto',
        fallback: 'vp8',
        overlay: 'none',
        stallTimeout: 10,
        controls: {},
      },
    },
    probed: Promise.resolve(),
    encoders,
    limits: () => limits,
    devices: [],
    held: new HeldDevices(() => undefined),
    applyControls: async () => [],
    iceSettings: () => {
      throw new Error('nobody connects');
    },
    events: {
      cameraChanged: (_camera, now) => {
        state = now.state;
        if (now.encoder !== null) status = now;
      },
      sessionConnected: () => undefined,
      sessionSending: () => undefined,
      sessionEnded: () => undefined,
      sessionMeasured: () => undefined,
      senderWanted: () => undefined,
    },
    receiverPortChanged: () => undefined,
    requestKeyframe: () => undefined,
    log: log,
  });
  worker.start();
  t.teardown(() => worker.close());
  await until('it is started', () => state === 'idle');
  const { jpeg } = await worker.snapshot();
  t.strictSame([...jpeg.slice(0, 2)], [0xff, 0xd8], 'a JPEG');
  t.match(status, {
    state: 'live',
    encoder: 'x264enc',
    notices: [{ code: 'encoder-fallback', detail: /^openh264enc failed: .*; x264enc is used/ }],
  });
  t.strictSame(encoders.names(), ['x264enc'], 'the next opening does not try it');
});

t.test('limits.encoders: one camera too many is refused until an encoder is free', async t => {
  const config = join(t.testdir(), 'config.yaml');
  writeFileSync(config, 'limits: { encoders: 1, linger: 5 }\ncameras: { a: { source: test }, b: { source: test } }\n');
  const server = await startServer('--config', config);
  t.teardown(() => server.close());
  const snapshot = (camera: string) => server.fetch(`/api/v1/cameras/${camera}/snapshot.jpg`);
  await until('both have started', async () =>
    (await Promise.all(['a', 'b'].map(id => server.camera(id)))).every(({ state }) => state === 'idle'),
  );
  t.equal((await snapshot('a')).status, 200);
  const refused = await snapshot('b');
  t.equal(refused.status, 503);
  t.ok(Number(refused.headers.get('Retry-After')) > 0);
  t.match(await refused.json(), { code: 'no-encoder-slot', detail: /1 encoder.*\(a\)/, remedy: /limits\.encoders/ });
  await until('a is closed', async () => (await server.camera('a')).state === 'idle');
  t.equal((await snapshot('b')).status, 200, 'the encoder is free again');
});
