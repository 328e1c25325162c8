import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import type { Control, Device } from '../../src/domain/contract.js';
import { startServer, until } from '../helpers/server.js';
import { cameras, deviceAt, FIRST, plugIn, readControl, ready, SECOND, TIMEOUT_MS, unplug } from './vivid.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const DEVICES = [deviceAt(FIRST), deviceAt(SECOND)];

// No camera is configured.
const server = await startServer();
t.teardown(() => server.close());
await ready(server);

const devices = async (): Promise<Device[]> =>
  ((await (await server.fetch('/api/v1/devices')).json()) as { items: Device[] }).items;

t.test('all connected devices are served, and nothing else', async t => {
  const found = await cameras(server);
  t.strictSame(found.map(({ device }) => device).sort(), DEVICES);
  t.strictSame(found.map(({ source }) => source).sort(), [`v4l2:bus=${FIRST}`, `v4l2:bus=${SECOND}`]);
});

t.test('GET /api/v1/devices', async t => {
  const found = (await devices()).filter(({ usable }) => usable === null);
  t.strictSame(found.map(({ device }) => device).sort(), DEVICES);
  const first = found.find(({ bus }) => bus === FIRST);
  t.match(first, { name: 'vivid', driver: 'vivid', bus: FIRST, serial: null });
  t.equal(first?.cameras.length, 1, 'the camera that uses it is named');
  const mode = (width: number, height: number): Device['modes'][number] | undefined =>
    first?.modes.find(mode => mode.format === 'YUYV' && mode.width === width && mode.height === height);
  t.strictSame(mode(640, 360)?.framerates, [40, 30, 25, 15, 12.5, 10, 5, 4, 2, 1]);
  t.strictSame(mode(640, 480)?.framerates, [25, 15, 12.5, 10, 5, 4, 2, 1]);
});

t.test('bigfootbot-video devices', async t => {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, 'devices']);
  for (const text of ['vivid', FIRST, SECOND, ...DEVICES, 'YUYV', '640x360 40', '640x480 25']) t.match(stdout, text);
  const json = await promisify(execFile)(process.execPath, [MAIN, 'devices', '--json']);
  const buses = (JSON.parse(json.stdout) as { items: Device[] }).items.map(({ bus }) => bus);
  t.ok(buses.includes(FIRST) && buses.includes(SECOND));
});

t.test('controls', async t => {
  const device = deviceAt(FIRST) ?? '';
  const camera = (await cameras(server)).find(({ source }) => source.endsWith(FIRST));
  const path = `/api/v1/cameras/${camera?.id}/controls`;
  const read = async (response: Response): Promise<(name: string) => Control | undefined> => {
    t.equal(response.status, 200);
    const { items } = (await response.json()) as { items: Control[] };
    return name => items.find(control => control.name === name);
  };
  const set = (values: object): Promise<Response> =>
    server.fetch(path, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(values),
    });

  const before = await read(await server.fetch(path));
  t.match(before('brightness'), { type: 'int', value: 128, default: 128, min: 0, max: 255, step: 1, menu: null });
  t.match(before('test_pattern'), { type: 'menu', value: 0, menu: [{ value: 0, label: '75% Colorbar' }] });
  t.equal(before('test_pattern')?.menu?.length, 22);
  t.match(before('horizontal_flip'), { type: 'bool', value: false });
  t.match(before('disconnect'), { type: 'button', value: null });

  const after = await read(await set({ brightness: 200, test_pattern: '100% Red', horizontal_flip: true }));
  t.equal(after('brightness')?.value, 200);
  t.equal(after('test_pattern')?.value, 7);
  t.equal(readControl(device, 'brightness'), 200);
  t.equal(readControl(device, 'test_pattern'), 7);
  t.equal(readControl(device, 'horizontal_flip'), 1);

  for (const wrong of [
    { brightness: 256 },
    { brightness: 'bright' },
    { test_pattern: 99 },
    { read_only_integer_32_bits: 1 },
    { no_such_control: 1 },
  ]) {
    const response = await set({ contrast: 7, ...wrong });
    t.equal(response.status, 422, JSON.stringify(wrong));
    t.match(await response.text(), Object.keys(wrong)[0], 'the control is named');
  }
  t.equal(readControl(device, 'contrast'), 128, 'if one is wrong, none is set');
  t.equal(readControl(device, 'brightness'), 200);
});

t.test('unplugged and plugged in without viewers', async t => {
  unplug();
  await until('no device is left', async () => (await devices()).length === 0, TIMEOUT_MS);
  t.strictSame(
    (await cameras(server)).map(({ device, state }) => ({ device, state })),
    [
      { device: null, state: 'lost' },
      { device: null, state: 'lost' },
    ],
  );
  plugIn();
  const back = performance.now();
  await until('both have their devices', async () => (await cameras(server)).every(({ device }) => device), TIMEOUT_MS);
  t.comment(`there again after ${Math.round(performance.now() - back)} ms`);
  t.strictSame((await cameras(server)).map(({ device }) => device).sort(), DEVICES);
});
