import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import t, { type Test } from 'tap';
import type { IceAgentSettings } from '../../src/domain/ice.js';
import { cameraProcess } from '../helpers/camera-process.js';
import { rtspCamera } from '../helpers/rtsp-camera-process.js';
import { sleep, until } from '../helpers/server.js';

// What a camera's worker opens, and how often: seen from the other end of the connection.

const ICE: IceAgentSettings = {
  stunServer: null,
  turnServers: [],
  udpPorts: null,
  addresses: null,
  announce: [],
  gatheringMs: 250,
};

/** A proxy in front of an RTSP camera: counts connections, and delays the first answer. */
async function proxyOf(t: Test, port: number, delayMs: number) {
  let opened = 0;
  const door = createServer(client => {
    opened++;
    const camera = connect(port, '127.0.0.1');
    client.on('error', () => camera.destroy()).on('close', () => camera.destroy());
    camera.on('error', () => client.destroy()).on('close', () => client.destroy());
    camera.pipe(client);
    setTimeout(() => client.pipe(camera), delayMs).unref();
  });
  await new Promise<void>(resolve => door.listen(0, '127.0.0.1', resolve));
  t.teardown(() => door.close());
  const { port: own } = door.address() as AddressInfo;
  return { source: { type: 'rtsp', url: `rtsp://127.0.0.1:${own}/live` } as const, opened: () => opened };
}

t.test('a new source that takes longer than the stall timeout is opened once', async t => {
  const { port } = await rtspCamera(t, 0, 'constrained-baseline', 30);
  const [near, far] = [await proxyOf(t, port, 0), await proxyOf(t, port, 4_000)];
  const camera = await cameraProcess(t, { source: near.source, stallTimeout: 2 });
  camera.say({ type: 'forward', request: 2, forward: 'f', port: 9 });
  await camera.inState('live');
  camera.configure({ source: far.source });
  await until('what is no longer configured is not shown for long', async () =>
    camera.said.some(message => message.type === 'camera' && message.state === 'lost'),
  );
  await camera.inState('live');
  // A timer of at most two seconds would reopen it.
  await sleep(3_000);
  t.equal(far.opened(), 1);
  const states = camera.said.flatMap(message => (message.type === 'camera' ? message.state : []));
  t.notOk(states.slice(states.lastIndexOf('lost')).includes('opening'));
  t.equal(camera.camera()?.state, 'live');
});

t.test('back to the source that is still shown: it is closed before it is opened', async t => {
  const { port } = await rtspCamera(t, 0, 'constrained-baseline', 30);
  const [near, far] = [await proxyOf(t, port, 0), await proxyOf(t, port, 60_000)];
  const camera = await cameraProcess(t, { source: near.source, stallTimeout: 10 });
  camera.say({ type: 'forward', request: 2, forward: 'f', port: 9 });
  await camera.inState('live');
  camera.configure({ source: far.source });
  await until('the other one is being opened', async () => far.opened() === 1);
  camera.configure({ source: near.source });
  await until('the first one is opened again', async () => near.opened() === 2);
  await sleep(1_000);
  t.equal(near.opened(), 2);
  t.equal(camera.camera()?.state, 'live');
});

t.test('a publication that cannot be built leaves nobody waiting', async t => {
  const camera = await cameraProcess(t, { source: { type: 'whip' } });
  // From another version of this program, for example.
  const video = { codec: 'AV1', payloadType: 96, retransmit: false, extensions: [] };
  const publish = {
    type: 'publish',
    request: 1,
    session: 'p',
    requestId: 'r',
    offer: 'v=0',
    video,
    audio: null,
    ice: ICE,
  };
  camera.say(publish as never);
  await until('it is refused', async () => camera.said.some(({ type }) => type === 'refused'));
  camera.say({ type: 'forward', request: 2, forward: 'f', port: 9 });
  await until('the next viewer is refused at once, as nobody publishes', async () =>
    camera.said.some(message => message.type === 'forward-ended' && /Nobody is publishing/.test(message.detail)),
  );
  t.equal(camera.camera()?.state, 'waiting');
});
