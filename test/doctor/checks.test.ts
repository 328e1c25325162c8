import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import t from 'tap';
import type { CameraSettings } from '../../src/domain/contract.js';
import type { CaptureDevice } from '../../src/domain/devices.js';
import type { Source } from '../../src/domain/source.js';
import { planCameras } from '../../src/server/config/plan.js';
import { checkAnnounce } from '../../src/server/doctor/announce.js';
import { checkCameras, judgeCameras } from '../../src/server/doctor/cameras.js';
import type { Context, MachineFacts, Settings } from '../../src/server/doctor/check.js';
import { checkClock } from '../../src/server/doctor/clock.js';
import { checkConfig } from '../../src/server/doctor/config.js';
import { makeContext } from '../../src/server/doctor/context.js';
import { checkDecoder } from '../../src/server/doctor/decoder.js';
import { checkDtls } from '../../src/server/doctor/dtls.js';
import { checkEncoder } from '../../src/server/doctor/encoder.js';
import { checkGStreamer } from '../../src/server/doctor/gstreamer.js';
import { checkHttpPort } from '../../src/server/doctor/http-port.js';
import { checkIceServers } from '../../src/server/doctor/ice-servers.js';
import { checkInterfaces } from '../../src/server/doctor/interfaces.js';
import { judgeNode } from '../../src/server/doctor/node.js';
import { checkNvidia } from '../../src/server/doctor/nvidia.js';
import { checkPermissions } from '../../src/server/doctor/permissions.js';
import { checkUdpPorts } from '../../src/server/doctor/udp-ports.js';
import { agree, udpStunServer } from '../helpers/stun-server.js';
import { PLAIN } from '../helpers/system-facts.js';

const tried = (element: string, outcome: 'selected' | 'failed' | 'absent', reason = '') => ({
  element,
  title: `The ${element}`,
  outcome,
  reason,
});
const decoder = (element: string, outcome: 'works' | 'failed' | 'absent', reason = '') => ({
  element,
  title: `The ${element}`,
  outcome,
  reason,
});
const HEALTHY: MachineFacts = {
  gstreamer: '1.22.0',
  encoders: { state: 'done', selected: 'x264enc', tried: [tried('x264enc', 'selected')] },
  missing: [],
  decoders: [decoder('avdec_h264', 'works')],
  libnice: '0.1.21',
  error: null,
};

/** A machine and a configuration to check. */
function contextOf(config: object, machine: Partial<MachineFacts> = {}): Context {
  const { settings } = makeContext(null);
  if (!settings) throw new Error('the defaults are wrong');
  const {
    server,
    limits,
    ice,
    cameras = null,
  } = config as Partial<Settings['config']> & {
    ice?: Partial<Settings['ice']>;
    cameras?: null;
  };
  return {
    configFile: '/etc/robot.yaml',
    settings: {
      config: { ...settings.config, ...(server && { server }), ...(limits && { limits }) },
      cameras,
      ice: { ...settings.ice, servers: [], ...ice },
    },
    mistakes: [],
    machine: async () => ({ ...HEALTHY, ...machine }),
    facts: async () => PLAIN,
    devices: async () => ({ devices: [], problems: [] }),
  };
}

const wrong: Context = {
  configFile: 'robot.yaml',
  settings: null,
  mistakes: ['one', 'two.'],
  machine: async () => HEALTHY,
  facts: async () => PLAIN,
  devices: async () => ({ devices: [], problems: [] }),
};

t.test('a passed check has no remedy', async t => {
  const context = contextOf({ server: { host: '127.0.0.1', port: 0 } });
  for (const check of [
    checkGStreamer,
    checkEncoder,
    checkDecoder,
    checkClock,
    checkPermissions,
    checkCameras,
    checkConfig,
    checkHttpPort,
    checkUdpPorts,
    checkIceServers,
  ])
    t.match(await check(context), [{ status: 'ok', detail: /./, remedy: undefined }]);
  t.strictSame(await checkAnnounce(context), [], 'nothing is announced');
  t.strictSame(await checkNvidia(context), [], 'there is no such card');
});

t.test('an invalid configuration is reported line by line, and dependent checks are skipped', async t => {
  t.match(await checkConfig(wrong), [
    { status: 'fail', detail: 'one' },
    { status: 'fail', detail: 'two', remedy: /not checked/ },
  ]);
  for (const check of [checkHttpPort, checkUdpPorts, checkInterfaces, checkAnnounce, checkIceServers])
    t.strictSame(await check(wrong), []);
});

t.test('the configuration is read as by the server', async t => {
  const folder = t.testdir({
    'good.yaml': 'ice: { servers: [{ urls: ["turn:h"], secretFile: secret }] }',
    'bad.yaml': 'ice:\n  udpPorts: 9-1\n  announce: ["::1"]\n',
    secret: 'hush',
  });
  const good = makeContext(`${folder}/good.yaml`);
  t.strictSame(good.mistakes, []);
  t.match(await checkConfig(good), [
    { status: 'ok', detail: /good\.yaml \(what is plugged in\)/ },
    { status: 'warn', detail: /\/secret contains a secret.*every user/, remedy: /chmod o= '.*secret'/ },
  ]);
  t.match(await checkConfig(makeContext(`${folder}/bad.yaml`)), [
    { status: 'fail', detail: /udpPorts.*lower port comes first/ },
    { status: 'fail', detail: /announce\.0/ },
  ]);
  t.match(await checkConfig(makeContext(`${folder}/none.yaml`)), [
    { status: 'fail', detail: /none\.yaml: cannot be read/ },
  ]);
});

t.test('GStreamer: missing, too old, incomplete', async t => {
  const found = (machine: Partial<MachineFacts>) => checkGStreamer(contextOf({}, machine));
  t.match(await found({ gstreamer: null, error: 'GStreamer cannot be loaded: why' }), [
    { status: 'fail', detail: /why/, remedy: /setup\.sh/ },
  ]);
  t.match(await found({ gstreamer: '1.16.3' }), [{ status: 'fail', detail: /1\.16\.3 is too old/ }]);
  t.match(await found({ gstreamer: '1.20.0' }), [{ status: 'ok' }]);
  t.match(await found({ missing: [{ element: 'webrtcbin', package: 'gstreamer1.0-plugins-bad' }] }), [
    { status: 'fail', detail: /webrtcbin/, remedy: /apt-get install gstreamer1\.0-plugins-bad/ },
  ]);
});

t.test('encoders: none, and a better one that does not open', async t => {
  const found = (...all: ReturnType<typeof tried>[]) => {
    const selected = all.find(({ outcome }) => outcome === 'selected')?.element ?? null;
    return checkEncoder(contextOf({}, { encoders: { state: 'done', selected, tried: all } }));
  };
  t.match(await found(tried('x264enc', 'absent')), [{ status: 'fail', remedy: /gstreamer1\.0-plugins-ugly/ }]);
  t.match(await found(tried('nvh264enc', 'failed', 'no device'), tried('x264enc', 'selected')), [
    { status: 'warn', detail: /x264enc.*nvh264enc: no device/, remedy: /driver/ },
  ]);
  t.match(await found(tried('nvh264enc', 'absent'), tried('x264enc', 'selected')), [{ status: 'ok' }]);
  t.strictSame(await checkEncoder(contextOf({}, { gstreamer: null })), []);
});

t.test('encoders and decoders after the first are listed too', async t => {
  const later = { ...tried('openh264enc', 'absent'), outcome: 'skipped' as const };
  const encoders = { ...HEALTHY.encoders, tried: [...HEALTHY.encoders.tried, later] };
  t.match(await checkEncoder(contextOf({}, { encoders })), [{ detail: 'x264enc, The x264enc; then openh264enc' }]);
  const found = (...decoders: ReturnType<typeof decoder>[]) => checkDecoder(contextOf({}, { decoders }));
  t.match(await found(decoder('nvh264dec', 'works'), decoder('avdec_h264', 'works')), [
    { status: 'ok', detail: 'nvh264dec, The nvh264dec; then avdec_h264' },
  ]);
  t.match(await found(decoder('nvh264dec', 'failed', 'no device'), decoder('avdec_h264', 'works')), [
    { status: 'warn', detail: /^avdec_h264.*nvh264dec: no device/, remedy: /driver/ },
  ]);
  t.match(await found(decoder('avdec_h264', 'absent')), [{ status: 'fail', remedy: /gstreamer1\.0-libav/ }]);
  const none = { state: 'done', selected: null, tried: [] } as const;
  t.strictSame(await checkDecoder(contextOf({}, { encoders: { ...none, tried: [] }, decoders: [] })), []);
});

t.test('cameras: connected, used, not usable, missing', t => {
  const device = (number: number, usable: string | null = null): CaptureDevice => ({
    device: `/dev/video${number}`,
    name: 'HD Webcam',
    driver: 'uvcvideo',
    bus: `usb-${number}`,
    serial: number === 0 ? 'A1' : null,
    usable,
    modes: [{ format: 'MJPG', width: 640, height: 480, framerates: [30] }],
  });
  const [plain] = planCameras({ t: { source: 'test' } as CameraSettings }, '/');
  if (!plain) throw new Error('there is no plan');
  const sources: Record<string, Source> = {
    front: { type: 'v4l2', by: 'serial', name: 'A1' },
    rear: { type: 'v4l2', by: 'device', name: '/dev/video2' },
    gone: { type: 'v4l2', by: 'bus', name: 'usb-9' },
    net: { type: 'rtsp', url: 'rtsp://h/' },
  };
  const cameras = Object.entries(sources).map(([id, source]) => ({ ...plain, id, source }));
  const devices = [device(0), device(2, 'this user may not open it.'), device(4, 'raw data only.')];
  t.match(judgeCameras({ devices, problems: [] }, cameras), [
    { status: 'ok', detail: '/dev/video0: HD Webcam at usb-0, used by front (MJPG)' },
    { status: 'fail', detail: /video2.*used by rear/, remedy: 'Not usable: this user may not open it.' },
    { status: 'warn', detail: '/dev/video4: HD Webcam at usb-4', remedy: /raw data/ },
    { status: 'fail', detail: 'camera "gone" is v4l2:bus=usb-9, which is not plugged in', remedy: /devices/ },
  ]);
  const problems = [{ detail: 'v4l2-ctl is not installed', remedy: 'Install it.' }];
  t.strictSame(judgeCameras({ devices: [], problems }, null), [{ status: 'fail', check: 'cameras', ...problems[0] }]);
  t.end();
});

t.test('release lines of Node.js', t => {
  const day = Date.parse('2026-11-24');
  t.match(judgeNode('v18.20.0', day), [{ status: 'fail' }]);
  t.match(judgeNode('v20.20.2', day), [{ status: 'warn', detail: /since 2026-04-30/ }]);
  t.match(judgeNode('v20.20.2', Date.parse('2026-04-29')), [{ status: 'ok' }]);
  t.match(judgeNode('v22.1.0', day), [{ status: 'ok' }]);
  t.match(judgeNode('v99.0.0', day), [{ status: 'ok' }], 'one that is not known yet');
  t.end();
});

t.test('GStreamer versions that check the certificate of a peer', async t => {
  for (const [gstreamer, status] of [
    ['1.22.0', 'warn'],
    ['1.26.9', 'warn'],
    ['1.28.4', 'warn'],
    ['1.28.5', 'ok'],
    ['1.30.0', 'ok'],
    ['2.0.0', 'ok'],
  ] as const)
    t.match(await checkDtls(contextOf({}, { gstreamer })), [{ status }], gstreamer);
});

t.test('the HTTP port: free, ours, in use, not permitted', async t => {
  const found = (host: string, port: number) => checkHttpPort(contextOf({ server: { host, port } }));
  const listening = async (server: {
    listen(port: number, host: string, done: () => void): unknown;
    address(): unknown;
    close(): unknown;
  }) => {
    t.teardown(() => server.close());
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as { port: number }).port;
  };
  const own = await listening(createHttpServer((_, reply) => reply.end('{"status":"ok"}')));
  const other = await listening(createHttpServer((_, reply) => reply.end('hello')));
  const mute = await listening(createServer(socket => socket.destroy()));
  t.match(await found('127.0.0.1', own), [{ status: 'ok', detail: /this server runs there/ }]);
  t.match(await found('127.0.0.1', other), [{ status: 'fail', detail: /another program/, remedy: /server\.port/ }]);
  t.match(await found('127.0.0.1', mute), [{ status: 'fail', detail: /another program/ }]);
  t.match(await found('192.0.2.250', 8765), [{ status: 'fail', detail: /no address "192\.0\.2\.250"/ }]);
});

t.test('UDP ports: enough, too few, all in use', async t => {
  const sockets = await Promise.all(
    [0, 0].map(
      () =>
        new Promise<ReturnType<typeof createSocket>>(resolve => {
          const socket = createSocket('udp4');
          socket.bind(0, '127.0.0.1', () => resolve(socket));
        }),
    ),
  );
  t.teardown(() => {
    for (const socket of sockets) socket.close();
  });
  const port = sockets[0]?.address().port ?? 0;
  const found = (ice: Partial<Settings['ice']>, viewers: number) =>
    checkUdpPorts(contextOf({ limits: { viewers, linger: 0 }, ice: { interfaces: ['127.0.0.1'], ...ice } }));
  t.match(await found({ udpPorts: null }, 50), [{ status: 'ok', detail: /any/ }]);
  t.match(await found({ udpPorts: { min: port, max: port } }, 1), [
    { status: 'fail', detail: new RegExp(`all 1 ports of ${port}-${port} are in use`), remedy: /ss -ulnp/ },
  ]);
  t.match(await found({ udpPorts: { min: port, max: port + 199 } }, 50), [
    { status: 'ok', detail: /200 sessions.*in use now/ },
  ]);
  t.match(await found({ udpPorts: { min: port, max: port + 9 } }, 50), [
    { status: 'warn', detail: /10 sessions.*allows 50/, remedy: /Widen ice\.udpPorts/ },
  ]);
  t.match(await found({ udpPorts: { min: port + 1, max: port + 9 }, interfaces: ['127.0.0.1', '::1', 'none0'] }, 9), [
    { status: /ok/ },
  ]);
});

t.test('interfaces and announced names', async t => {
  const found = (interfaces: string[]) => checkInterfaces(contextOf({ ice: { interfaces } }));
  t.match(await found(['127.0.0.1']), [{ status: 'ok', detail: '127.0.0.1' }]);
  t.match(await found(['127.0.0.1', 'none0']), [
    { status: 'ok' },
    { status: 'warn', detail: /none0/, remedy: /this machine has/ },
  ]);
  t.match(await found(['none0']), [{ status: 'fail' }]);
  t.match(await checkAnnounce(contextOf({ ice: { announce: ['203.0.113.7', 'localhost', 'robot.invalid'] } })), [
    { status: 'ok', detail: '203.0.113.7' },
    { status: 'ok', detail: /localhost: 127\.0\.0\.1/ },
    { status: 'fail', detail: /robot\.invalid/, remedy: /ice\.announce/ },
  ]);
});

t.test('STUN and TURN servers that answer, and that do not', async t => {
  const { url } = await udpStunServer(t, agree);
  const closed = { ...url, port: 1 };
  const fixed = { type: 'fixed', username: 'u', credential: 'hush' } as const;
  const findings = await checkIceServers(
    contextOf({
      ice: {
        servers: [
          { urls: [url, closed], access: { type: 'open' } },
          {
            urls: [
              { ...closed, scheme: 'turn' },
              { ...url, scheme: 'turn' },
            ],
            access: fixed,
          },
        ],
      },
    }),
  );
  t.match(findings, [
    { status: 'ok', detail: /answers \(127\.0\.0\.1, / },
    { status: 'warn', detail: /nothing listens there/, remedy: /costs nothing/ },
    { status: 'fail', detail: /turn:.*nothing listens there/, remedy: /ice\.servers\.1\.urls.*UDP port 1 / },
    // One that accepts everything and proves nothing.
    { status: 'fail', detail: /refuses us: its answer is not signed/, remedy: /ice\.servers\.1\.username/ },
  ]);
  t.notMatch(JSON.stringify(findings), 'hush');
});
