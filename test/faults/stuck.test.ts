// A worker that hangs in the kernel and cannot be killed counts as gone: for its camera, its sessions and the server.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CameraPlan, CameraStatus } from '../../src/domain/camera-plan.js';
import type { CaptureDevice } from '../../src/domain/devices.js';
import { WorkerEngine } from '../../src/server/media/engine.js';
import { planFor } from '../helpers/camera-plan.js';
import { offer } from '../helpers/offer.js';
import { keptLog } from '../helpers/quiet-log.js';
import { startServer, until, workersOf } from '../helpers/server.js';
import { cannotHold, makeUnkillable } from '../helpers/unkillable.js';

const skip = cannotHold();
/** Without a pong for 5 s it is killed, and 2 s later it counts as gone. */
const GONE_MS = 20_000;

t.test('a stuck worker: its session ends, another serves its camera, and the server can stop', { skip }, async t => {
  const config = join(t.testdir(), 'config.yaml');
  writeFileSync(config, 'limits: { linger: 3600 }\ncameras: { arm: { source: test }, other: { source: test } }\n');
  const server = await startServer('--config', config);
  t.teardown(() => server.close());
  await until('it is ready', async () => (await server.camera('arm')).state === 'idle');
  const watched = await server.fetch('/whep/arm', {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: offer,
  });
  t.equal(watched.status, 201);
  await until('it is live', async () => (await server.camera('arm')).state === 'live');
  const stuck = server.worker('arm');
  await makeUnkillable(t, stuck);
  await until(
    'its camera is served by another worker',
    async () => {
      const { state, restarts } = await server.camera('arm');
      return restarts === 1 && state === 'idle';
    },
    GONE_MS,
  );
  t.ok(
    workersOf(server.pid).some(({ pid }) => pid === stuck),
    'it is still there',
  );
  t.match(
    server.log.find(line => line.includes('camera worker exited')),
    /no answer for.*hangs in the kernel/,
  );
  t.match(
    (await server.sessions('ended')).map(({ ended }) => ended),
    [{ reason: 'worker-died', detail: /no answer for.*hangs in the kernel/ }],
  );
  t.equal((await server.fetch('/api/v1/cameras/arm/snapshot.jpg')).status, 200);

  // Removed and added again under the same name, while its old worker hangs.
  const [second] = workersOf(server.pid).filter(({ camera, pid }) => camera === 'arm' && pid !== stuck);
  await makeUnkillable(t, second?.pid ?? 0);
  const change = (method: string, body?: object) =>
    server.fetch(`/api/v1/cameras${method === 'POST' ? '' : '/arm'}`, {
      method,
      ...(body ? { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
  t.equal((await change('DELETE')).status, 204);
  t.equal((await change('POST', { id: 'arm', source: 'test' })).status, 201);
  await until('it is served again', async () => (await server.camera('arm')).state === 'idle', GONE_MS);
  t.equal((await server.fetch('/api/v1/cameras/arm/snapshot.jpg')).status, 200);

  const stopping = server.close().then(code => code);
  const late = new Promise<string>(resolve => setTimeout(resolve, GONE_MS, 'it waits for the stuck worker').unref());
  t.equal(await Promise.race([stopping, late]), 0, 'it is stopped');
});

const DEVICE: CaptureDevice = {
  device: '/dev/video-of-a-test',
  name: 'A camera',
  driver: 'uvcvideo',
  bus: 'usb-test-1',
  serial: null,
  usable: null,
  modes: [],
};

t.test('a V4L2 device waits for its stuck worker; the same camera with another source does not', { skip }, async t => {
  const now = new Map<string, CameraStatus>();
  const log = keptLog();
  const engine = new WorkerEngine({
    limits: () => ({ lingerMs: 0, publisherReturnMs: 0, encoders: null }),
    applyControls: async () => [],
    iceSettings: () => {
      throw new Error('nobody connects');
    },
    events: {
      cameraChanged: (camera, status) => now.set(camera, status),
      sessionConnected: () => undefined,
      sessionSending: () => undefined,
      sessionEnded: () => undefined,
      sessionMeasured: () => undefined,
      senderWanted: () => undefined,
    },
    logFor: () => log,
    log,
  });
  t.teardown(() => engine.close());
  const v4l2: CameraPlan['source'] = { type: 'v4l2', by: 'bus', name: DEVICE.bus };
  const state = (id: string, wanted: CameraStatus['state']) =>
    until(`${id} is ${wanted}; it is ${now.get(id)?.state}`, () => now.get(id)?.state === wanted, GONE_MS);
  const workers = () => workersOf(process.pid).filter(({ camera }) => camera !== 'probe');
  engine.setDevices([DEVICE]);
  engine.add(planFor('arm', v4l2));
  await state('arm', 'idle');
  const [stuck] = workers();
  const release = await makeUnkillable(t, stuck?.pid ?? 0);

  await state('arm', 'down');
  t.match(now.get('arm')?.problem, { detail: /hangs in the kernel/, remedy: /Unplug the camera/ });
  t.strictSame(engine.unsupervised(), [], 'its restart is supervised');
  await t.rejects(engine.snapshot('arm'), { code: 'camera-starting', message: /hangs in the kernel/ });
  engine.add(planFor('gripper', v4l2));
  await state('gripper', 'down');
  t.match(now.get('gripper')?.problem?.detail, new RegExp(`process ${stuck?.pid} still has ${DEVICE.device} open`));
  t.strictSame(workers(), [stuck], 'no other process has opened the device');

  engine.change(planFor('gripper', { type: 'test' }));
  await state('gripper', 'idle');
  await engine.remove('arm');
  engine.add(planFor('arm', v4l2));
  await state('arm', 'down');

  await release();
  await state('arm', 'idle');
  t.notOk(now.get('arm')?.problem);
  t.notOk(workers().some(({ pid }) => pid === stuck?.pid));
});
