import t from 'tap';
import { disambiguate } from '../../src/server/devices/identities.js';
import { type Inspected, inspect, whyNot } from '../../src/server/devices/inspect.js';
import type { NodeInfo } from '../../src/server/devices/parse-info.js';
import type { VideoNode } from '../../src/server/devices/sysfs.js';

const node = (device: string, more: Partial<Inspected>): Inspected => ({
  device,
  index: 0,
  name: 'USB Camera',
  driver: 'uvcvideo',
  bus: 'usb-0000:00:14.0-1',
  serial: null,
  usable: null,
  modes: [],
  ...more,
});
const names = (nodes: readonly Inspected[]): unknown =>
  disambiguate(nodes).map(({ device, bus, serial }) => [device, bus, serial]);

t.test('a serial number of two cameras is ignored', async t => {
  t.strictSame(
    names([
      node('/dev/video0', { bus: 'usb-1', serial: 'SN0001' }),
      node('/dev/video2', { bus: 'usb-2', serial: 'SN0001' }),
      node('/dev/video4', { bus: 'usb-3', serial: '9165D69F' }),
    ]),
    [
      ['/dev/video0', 'usb-1', null],
      ['/dev/video2', 'usb-2', null],
      ['/dev/video4', 'usb-3', '9165D69F'],
    ],
  );
});

t.test('several nodes of one camera have distinct names; unusable ones come last', async t => {
  const camera = { bus: 'usb-1', serial: '838212073252' };
  t.strictSame(
    names([
      node('/dev/video0', { ...camera, usable: 'it has Z16 only' }),
      node('/dev/video2', { ...camera, index: 2 }),
      node('/dev/video4', { ...camera, index: 4 }),
    ]),
    [
      ['/dev/video0', 'usb-1/3', null],
      ['/dev/video2', 'usb-1', '838212073252'],
      ['/dev/video4', 'usb-1/2', null],
    ],
  );
});

t.test('why a device is not usable', async t => {
  const info = (driver: string): NodeInfo => ({
    driver,
    name: '',
    bus: '',
    captures: true,
    needsMediaController: false,
  });
  const mode = (format: string) => ({ format, width: 640, height: 480, framerates: [30] });
  for (const format of ['YUYV', 'NV12', 'MJPG', 'JPEG', 'H264', 'GREY'])
    t.equal(whyNot(info('uvcvideo'), [mode('Z16'), mode(format)]), null, format);
  for (const format of ['RG10', 'BG12', 'BA81', 'GRBG', 'pRAA', 'pBAA', 'RG16', 'BYR2']) {
    t.match(whyNot(info('tegra-video'), [mode(format)]), /raw data of its sensor.*argus:0/, format);
    t.match(whyNot(info('unicam'), [mode(format)]), /raw data of its sensor.*libcamera/, format);
  }
  t.match(whyNot(info('uvcvideo'), [mode('Z16')]), /only Z16/);
  t.match(whyNot(info('v4l2 loopback'), []), /no format/);
  t.match(whyNot({ ...info('rp1-cfe'), needsMediaController: true }, [mode('YUYV')]), /libcamera/);
});

t.test('a device without permission is listed with the remedy', async t => {
  const listed: VideoNode = {
    device: '/dev/video0',
    index: 0,
    name: 'USB Camera',
    driver: 'uvcvideo',
    bus: 'usb-0000:00:14.0-1',
    serial: 'X1',
    access: 'denied',
    identity: '',
    state: '',
  };
  const missing = (): never => t.fail('v4l2-ctl was called') as never;
  t.match(await inspect(listed, missing), { serial: 'X1', usable: /usermod -aG video/ });
  t.match(await inspect({ ...listed, access: 'absent' }, missing), { usable: /--device \/dev\/video0/ });
  t.equal(await inspect({ ...listed, index: 1 }, missing), null);
});
