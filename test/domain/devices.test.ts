import t from 'tap';
import type { CaptureDevice } from '../../src/domain/devices.js';
import { DeviceFinder } from '../../src/domain/devices.js';
import type { Source } from '../../src/domain/source.js';

const device = (number: number, bus: string, serial: string | null, name = 'USB Camera'): CaptureDevice => ({
  device: `/dev/video${number}`,
  name,
  driver: 'uvcvideo',
  bus,
  serial,
  usable: null,
  modes: [],
});
const by = (by: 'device' | 'serial' | 'bus', name: string, links: Record<string, string> = {}) => {
  const finder = new DeviceFinder({ type: 'v4l2', by, name }, path => links[path] ?? path);
  return (...devices: CaptureDevice[]): string | null => finder.find(devices)?.device ?? null;
};

t.test('by serial number', async t => {
  const find = by('serial', 'A1');
  t.equal(find(), null);
  t.equal(find(device(0, 'usb-1', 'B2'), device(2, 'usb-2', 'A1')), '/dev/video2');
  t.equal(find(), null, 'unplugged');
  t.equal(find(device(0, 'usb-7', 'A1')), '/dev/video0', 'another number and another port');
  t.equal(find(device(0, 'usb-7', null), device(2, 'usb-9', null)), '/dev/video0', 'its twin is connected too');
  t.equal(find(device(2, 'usb-9', null)), null, 'only the twin');
  t.equal(find(device(0, 'usb-7', null, 'Other Camera')), null, 'another camera on its port');
  t.equal(by('serial', 'A1')(device(0, 'usb-1', null)), null, 'a device that was never seen is not guessed');
});

t.test('by bus', async t => {
  const find = by('bus', 'usb-2');
  t.equal(find(device(0, 'usb-1', 'B2'), device(2, 'usb-2', null)), '/dev/video2');
  t.equal(find(device(4, 'usb-2', 'C3')), '/dev/video4', 'any camera on that port');
  t.equal(find(device(2, 'usb-2/2', null)), null);
});

t.test('by device: the first one there, recognized by its identity', async t => {
  const find = by('device', '/dev/video0');
  t.equal(find(device(1, 'usb-1', 'A1')), null);
  t.equal(find(device(0, 'usb-1', 'A1')), '/dev/video0');
  t.equal(find(), null);
  t.equal(find(device(1, 'usb-3', 'A1')), '/dev/video1', 'another number, another port');
  t.equal(find(device(0, 'usb-1', 'B2')), null, 'another camera has the number and the port');
  t.equal(find(device(0, 'usb-1', 'B2'), device(1, 'usb-3', 'A1')), '/dev/video1');
});

t.test('by device, without a serial number: by its port', async t => {
  const find = by('device', '/dev/video0');
  t.equal(find(device(0, 'platform:vivid-000', null)), '/dev/video0');
  t.equal(find(device(1, 'platform:vivid-000', null), device(0, 'platform:vivid-001', null)), '/dev/video1');
  t.equal(find(device(0, 'platform:vivid-001', null)), null, 'another camera has its number');
  t.equal(find(device(0, 'platform:vivid-000', null, 'Other')), '/dev/video0', 'its number and its port');
});

t.test('by a link', async t => {
  const links: Record<string, string> = {};
  const find = by('device', '/dev/v4l/by-id/usb-camera', links);
  t.equal(find(device(2, 'usb-1', null)), null, 'udev has not made it yet');
  links['/dev/v4l/by-id/usb-camera'] = '/dev/video2';
  t.equal(find(device(2, 'usb-1', null)), '/dev/video2');
});

t.test('sources without a device', async t => {
  const others: Source[] = [{ type: 'test' }, { type: 'whip' }, { type: 'file', path: '/dev/video0' }];
  for (const source of others) t.equal(new DeviceFinder(source, path => path).find([device(0, 'usb-1', 'A1')]), null);
});
