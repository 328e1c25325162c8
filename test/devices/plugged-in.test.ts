import t from 'tap';
import type { CaptureDevice } from '../../src/domain/devices.js';
import { PluggedIn } from '../../src/server/devices/plugged-in.js';

const device = (number: number, name: string, bus: string, serial: string | null = null): CaptureDevice => ({
  device: `/dev/video${number}`,
  name,
  driver: 'uvcvideo',
  bus,
  serial,
  usable: null,
  modes: [],
});
const sources = (cameras: Record<string, { source: string }>): unknown =>
  Object.fromEntries(Object.entries(cameras).map(([id, { source }]) => [id, source]));

t.test('ids do not depend on device numbers', async t => {
  const c920 = device(0, 'HD Pro Webcam C920', 'usb-0000:00:14.0-1', '9165D69F');
  const cheap = device(2, 'USB 2.0 Camera: USB Camera', 'usb-0000:00:14.0-1.2');
  const expected = {
    'hd-pro-webcam-c920': 'v4l2:serial=9165D69F',
    'usb-2-0-camera-usb-camera': 'v4l2:bus=usb-0000:00:14.0-1.2',
  };
  t.strictSame(sources(new PluggedIn().cameras([c920, cheap])), expected);
  const swapped = [
    { ...cheap, device: '/dev/video0' },
    { ...c920, device: '/dev/video2' },
  ];
  t.match(sources(new PluggedIn().cameras(swapped)), expected);
  t.equal(new PluggedIn().cameras([c920])['hd-pro-webcam-c920']?.name, 'HD Pro Webcam C920');
});

t.test('cameras of the same name have their serial number or bus in the id', async t => {
  t.strictSame(
    sources(
      new PluggedIn().cameras([device(0, 'vivid', 'platform:vivid-000'), device(4, 'vivid', 'platform:vivid-001')]),
    ),
    { 'vivid-000': 'v4l2:bus=platform:vivid-000', 'vivid-001': 'v4l2:bus=platform:vivid-001' },
  );
  t.strictSame(
    Object.keys(
      new PluggedIn().cameras([device(0, 'C920', 'usb-x-1', '9165D69F'), device(2, 'C920', 'usb-0000:00:14.0-1.2')]),
    ),
    ['c920-9165d69f', 'c920-1-2'],
  );
});

t.test('cameras that are added later do not change the others', async t => {
  const pluggedIn = new PluggedIn();
  const first = device(0, 'C920', 'usb-0000:00:14.0-1');
  const second = device(2, 'C920', 'usb-0000:00:14.0-2');
  t.match(pluggedIn.cameras([]), { test: { source: 'test' } }, 'a test source if there is none');
  t.strictSame(Object.keys(pluggedIn.cameras([first])), ['c920']);
  t.strictSame(Object.keys(pluggedIn.cameras([])), ['c920'], 'unplugged');
  t.strictSame(Object.keys(pluggedIn.cameras([first, second])), ['c920', 'c920-2']);
  t.strictSame(Object.keys(pluggedIn.cameras([{ ...first, device: '/dev/video7' }, second])), ['c920', 'c920-2']);
  const broken = { ...device(4, 'Sensor', 'platform:vi:0'), usable: 'raw' };
  t.strictSame(Object.keys(new PluggedIn().cameras([broken])), ['test'], 'an unusable device is not served');
  t.match(Object.keys(new PluggedIn().cameras([device(0, '摄像头', 'usb-0000:00:14.0-1')])), ['camera']);
});
