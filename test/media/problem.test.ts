// A camera's problem is reported for as long as it lasts.
import t from 'tap';
import type { CameraStatus } from '../../src/domain/camera-plan.js';
import { CameraWorker } from '../../src/server/media/camera-worker.js';
import { EncoderMemory } from '../../src/server/media/encoder-memory.js';
import { HeldDevices } from '../../src/server/media/held-devices.js';
import { planFor } from '../helpers/camera-plan.js';
import { keptLog } from '../helpers/quiet-log.js';
import { until } from '../helpers/server.js';

const plan = planFor('film', { type: 'file', path: '/nowhere/film.mp4' });

t.test('a failed camera keeps its reason when another part of its status changes', async t => {
  const log = keptLog();
  let status: CameraStatus | null = null;
  const encoders = new EncoderMemory(log, () => undefined);
  encoders.found(['x264enc']);
  const worker = new CameraWorker({
    plan,
    probed: Promise.resolve(),
    encoders,
    limits: () => ({ lingerMs: 0, publisherReturnMs: 0, encoders: null }),
    devices: [],
    held: new HeldDevices(() => undefined),
    applyControls: async () => [],
    iceSettings: () => {
      throw new Error('nobody connects');
    },
    events: {
      cameraChanged: (_camera, now) => {
        status = now;
      },
      sessionConnected: () => undefined,
      sessionSending: () => undefined,
      sessionEnded: () => undefined,
      sessionMeasured: () => undefined,
      senderWanted: () => undefined,
    },
    receiverPortChanged: () => undefined,
    requestKeyframe: () => undefined,
    log,
  });
  t.teardown(() => worker.close());
  worker.start();
  const failed = (): CameraStatus | null => (status?.state === 'failed' ? status : null);
  // The first may be refused because the worker is still being started.
  await until('it has failed', async () => {
    await t.rejects(worker.snapshot());
    return failed()?.problem !== undefined;
  });
  worker.change({ ...plan, name: 'Another name' });
  t.match(failed()?.problem, { detail: /film.mp4/ });
});
