import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { CaptureDevice } from '../../src/domain/devices.js';
import type { Log } from '../../src/domain/log.js';
import { DeviceWatch } from '../../src/server/devices/device-watch.js';
import { fakeSysfs, onUsb } from '../helpers/fake-sysfs.js';
import { fakeV4l2Ctl } from '../helpers/fake-v4l2-ctl.js';

function watched(t: Test, devicePaths: ReturnType<typeof fakeSysfs>['devicePaths']) {
  const changes: (readonly CaptureDevice[])[] = [];
  const warnings: string[] = [];
  const note = (fields: object, event: string): void => void warnings.push(`${event} ${JSON.stringify(fields)}`);
  const log: Log = { debug: () => undefined, info: () => undefined, warn: note, error: note };
  const devices = new DeviceWatch({ log, onChange: list => void changes.push(list), devicePaths });
  t.teardown(() => devices.close());
  return { devices, changes, warnings };
}

const until = async (holds: () => boolean, ms = 20_000): Promise<number> => {
  const began = performance.now();
  while (!holds() && performance.now() - began < ms) await new Promise(resolve => setTimeout(resolve, 2));
  return performance.now() - began;
};

t.test('connected devices, with the information of their drivers', async t => {
  const program = fakeV4l2Ctl(t);
  const { devicePaths, plug } = fakeSysfs(t);
  plug({ node: 'video2', name: 'HD Pro Webcam C920', parent: onUsb('1'), driver: 'uvcvideo', serial: '9165D69F' });
  plug({ node: 'video3', name: 'HD Pro Webcam C920', parent: onUsb('1'), driver: 'uvcvideo', index: 1 });
  plug({ node: 'video10', name: 'bcm2835-codec-decode', parent: 'platform/bcm2835-codec' });
  plug({ node: 'video0', name: 'vi-output, imx477 7-001a', parent: 'platform/54080000.vi' });
  program.give('video2', { info: 'c920.info', formats: 'c920.formats' });
  program.give('video3', { info: 'uvc-metadata.info' });
  program.give('video10', { info: 'bcm2835-codec.info' });
  program.give('video0', { info: 'tegra-video.info', formats: 'tegra-video.formats' });
  const { devices, warnings } = watched(t, devicePaths);
  await devices.start();
  const [sensor, webcam, ...more] = devices.list();
  t.strictSame(more, [], 'neither metadata nor a decoder');
  t.match(webcam, {
    device: join(devicePaths.dev, 'video2'),
    name: 'HD Pro Webcam C920',
    driver: 'uvcvideo',
    bus: 'usb-0000:00:10.0-1.2.1',
    serial: '9165D69F',
    usable: null,
  });
  t.equal(webcam?.modes.length, 5);
  t.match(sensor, { driver: 'tegra-video', serial: null, usable: /raw data .*RG10.*argus/ });
  t.equal(sensor?.modes.length, 4);
  t.strictSame(warnings, []);
  t.equal(program.calls().length, 4, 'each is queried once');
});

t.test('plugging and unplugging is noticed at once', async t => {
  const program = fakeV4l2Ctl(t);
  const { devicePaths, plug, unplug } = fakeSysfs(t);
  for (const node of ['video0', 'video1']) program.give(node, { info: 'c920.info', formats: 'c920.formats' });
  const { devices, changes } = watched(t, devicePaths);
  await devices.start();
  t.strictSame(devices.list(), []);
  const camera = { name: 'HD Pro Webcam C920', parent: onUsb('1'), serial: '9165D69F' };
  plug({ node: 'video0', ...camera });
  t.comment(`plugged in: known after ${Math.round(await until(() => devices.list().length === 1))} ms`);
  t.equal(changes[0]?.length, 1);
  unplug('video0');
  t.comment(`unplugged: known after ${Math.round(await until(() => devices.list().length === 0))} ms`);
  t.strictSame(changes[1], []);
  plug({ node: 'video1', ...camera });
  await until(() => devices.list().length === 1);
  t.match(changes[2], [{ device: join(devicePaths.dev, 'video1'), serial: '9165D69F' }], 'under another number');
  await until(() => changes.length > 3);
  t.strictSame(changes[3], changes[2], 'reported again when udev has made its links');
});

t.test('a device that was replaced under the same number is removed and added', async t => {
  const program = fakeV4l2Ctl(t);
  const { devicePaths, plug, unplug } = fakeSysfs(t);
  program.give('video0', { info: 'c920.info', formats: 'c920.formats' });
  const camera = { node: 'video0', name: 'HD Pro Webcam C920', parent: onUsb('1') };
  plug(camera);
  const { devices, changes } = watched(t, devicePaths);
  await devices.start();
  unplug('video0');
  plug(camera);
  await until(() => changes.length >= 2);
  t.strictSame(
    changes.slice(0, 2).map(list => list.length),
    [0, 1],
  );
});

t.test('changed permissions are noticed, and do not remove the device', async t => {
  const program = fakeV4l2Ctl(t);
  const { devicePaths, plug } = fakeSysfs(t);
  program.give('video0', { info: 'c920.info', formats: 'c920.formats' });
  plug({ node: 'video0', name: 'HD Pro Webcam C920', parent: onUsb('1') });
  const { devices, changes } = watched(t, devicePaths);
  await devices.start();
  const before = program.calls().length;
  chmodSync(join(devicePaths.dev, 'video0'), 0o600);
  await until(() => program.calls().length > before);
  await new Promise(resolve => setTimeout(resolve, 100));
  t.equal(program.calls().length, before + 1, 'it is queried again');
  t.strictSame(changes, [], 'and nothing has changed');
});

t.test('a driver that hangs does not delay others', async t => {
  const program = fakeV4l2Ctl(t);
  const { devicePaths, plug } = fakeSysfs(t);
  const { devices, changes } = watched(t, devicePaths);
  await devices.start();
  program.hang('video0');
  program.give('video1', { info: 'c920.info', formats: 'c920.formats' });
  plug({ node: 'video0', name: 'Broken Camera', parent: onUsb('1') });
  plug({ node: 'video1', name: 'HD Pro Webcam C920', parent: onUsb('2') });
  await until(() => changes.length > 0);
  t.match(changes[0], [{ name: 'HD Pro Webcam C920' }]);
  t.equal(changes[0]?.length, 1, 'before the timeout of the other');
  await until(() => devices.list().length === 2);
  const broken = devices.list().find(({ name }) => name === 'Broken Camera');
  t.match(broken, { bus: 'usb-0000:00:14.0-1', usable: /did not answer within 3 s/ });
});

t.test('without v4l2-ctl: one warning, and the devices that the kernel lists', async t => {
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  t.teardown(() => {
    process.env.PATH = path;
  });
  const { devicePaths, plug } = fakeSysfs(t);
  const camera = { name: 'USB Video: USB Video', parent: onUsb('1.2'), driver: 'uvcvideo', serial: '0001' };
  plug({ node: 'video0', ...camera });
  plug({ node: 'video1', ...camera, index: 1 });
  plug({ node: 'video2', name: 'vivid-000-vid-cap', parent: 'platform/vivid.0', driver: 'vivid' });
  const { devices, warnings } = watched(t, devicePaths);
  await devices.start();
  t.match(devices.list(), [
    {
      device: join(devicePaths.dev, 'video0'),
      name: 'USB Video',
      driver: 'uvcvideo',
      bus: 'usb-0000:00:14.0-1.2',
      serial: '0001',
      modes: [],
      usable: /apt-get install v4l-utils/,
    },
    { bus: 'platform:vivid.0', driver: 'vivid', serial: null },
  ]);
  t.equal(devices.list().length, 2, 'a second node is not treated as a camera');
  t.equal(warnings.length, 1);
  t.match(warnings[0], 'apt-get install v4l-utils');
});

t.test('a machine without V4L2', async t => {
  fakeV4l2Ctl(t);
  const { devices, warnings } = watched(t, { sysfs: '/nowhere', dev: '/nowhere' });
  await devices.start();
  t.strictSame(devices.list(), []);
  t.match(warnings, [/cannot be watched/]);
});
