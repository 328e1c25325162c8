import t, { type Test } from 'tap';
import type { IceAgentSettings } from '../../src/domain/ice.js';
import { Forward } from '../../src/server/media/forward.js';
import { MultiCameraWorker } from '../../src/server/media/multi-camera-worker.js';
import { legacyClient } from '../helpers/legacy-client.js';
import { keptLog } from '../helpers/quiet-log.js';
import { startServer, until } from '../helpers/server.js';

const ICE: IceAgentSettings = {
  stunServer: null,
  turnServers: [],
  udpPorts: null,
  addresses: null,
  announce: [],
  gatheringMs: 250,
};

/** The real process, without cameras; and the cameras that are forwarded to it. */
function setUp(t: Test, { ice = ICE, profile }: { ice?: IceAgentSettings; profile(): string }) {
  const fed = new Set<string>();
  const log = keptLog();
  const source = (camera: string) => ({
    forward: async () => {
      fed.add(camera);
      return await new Promise<never>(() => undefined);
    },
    stopForward: () => void fed.delete(camera),
  });
  const worker = new MultiCameraWorker({
    iceSettings: () => ice,
    forward: (camera, port) => {
      const from = source(camera);
      return new Forward(camera, () => from, port, log);
    },
    profileLevelId: profile,
    keyframeWanted: () => undefined,
    events: {
      cameraChanged: () => undefined,
      sessionConnected: () => undefined,
      sessionSending: () => undefined,
      sessionEnded: () => undefined,
      sessionMeasured: () => undefined,
      senderWanted: () => undefined,
    },
    log,
  });
  t.teardown(() => worker.close());
  return { worker, fed };
}

const PARTS = [
  { session: 's-1', camera: 'front' },
  { session: 's-2', camera: 'rear' },
];

t.test('an offer that is abandoned after it was made leaves nothing behind', async t => {
  let fails = true;
  const { worker, fed } = setUp(t, {
    profile: () => {
      if (fails) throw new Error('the camera was removed');
      return '42e01f';
    },
  });
  await t.rejects(worker.offerCameras('one', PARTS, ['a', 'b']), /was removed/);
  await until('no camera is open for it', () => fed.size === 0);
  fails = false;
  await worker.offerCameras('two', PARTS, ['a', 'b']);
  t.strictSame([...fed], ['front', 'rear']);
  for (const { session } of PARTS) worker.leave(session);
  await until('nor for one that was left', () => fed.size === 0);
});

t.test('an offer that cannot be made keeps no camera open', async t => {
  const ice = { ...ICE, addresses: ['no address'] as string[] | null };
  const { worker, fed } = setUp(t, { ice, profile: () => '42e01f' });
  await t.rejects(worker.offerCameras('one', PARTS, ['a', 'b']), /no address/);
  ice.addresses = null;
  await worker.offerCameras('two', PARTS, ['a', 'b']);
  for (const { session } of PARTS) worker.leave(session);
  await until('no camera is open any more', () => fed.size === 0);
});

t.test('a camera that is left before the process has started is not offered', async t => {
  const { worker, fed } = setUp(t, { profile: () => '42e01f' });
  const offered = worker.offerCameras('one', PARTS, ['a', 'b']);
  worker.leave('s-1');
  const { sdp } = await offered;
  t.strictSame(sdp.match(/^m=video|^a=mid:.*/gm), ['m=video', 'a=mid:b']);
  t.strictSame([...fed], ['rear'], 'nor opened');
  worker.leave('s-2');
  await until('the other is closed too', () => fed.size === 0);

  const left = worker.offerCameras('two', PARTS, ['a', 'b']);
  for (const { session } of PARTS) worker.leave(session);
  await t.rejects(left, /ended before it was answered/);
});

t.test('a client that leaves while a camera is starting keeps none open', async t => {
  const folder = t.testdir({ 'config.yaml': 'limits: { linger: 1 }\nlegacy: { mode: sender }\n' });
  const server = await startServer('--config', `${folder}/config.yaml`, '--camera', 'front=test');
  t.teardown(() => server.close());
  await until('it is ready', async () => (await server.camera('front')).state === 'idle');
  const client = await legacyClient(t, `${server.origin}/?token=${server.token}`);
  const before = server.worker('front');
  process.kill(before, 'SIGKILL');
  await until('it is down', async () => (await server.camera('front')).state === 'down');
  client.say({ status: 'HELLO' });
  await until('it is offered', () => client.waiting().length === 2);
  client.socket.close();
  await until('it has left', async () => (await server.sessions()).length === 0);
  await until('the camera is ready', async () => (await server.camera('front')).state !== 'down');
  await until('it is closed, and stays so', async () => {
    for (let i = 0; i < 15; i++) {
      if ((await server.camera('front')).state !== 'idle') return false;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    return true;
  });
});
