import t from 'tap';
import type { Camera, Device, Event } from '../../src/domain/contract.js';
import type { Values } from '../../src/web/dashboard/latest-only.js';
import type { Permissions } from '../../src/web/dashboard/permissions.js';
import type { FieldKey, Typed } from '../../src/web/dashboard/settings-fields.js';
import { loadWeb } from '../helpers/web.js';

const { typedOf, patchOf, mergeTyped, fieldNamedIn } = await loadWeb<{
  typedOf(camera: Pick<Camera, 'name' | 'settings'>): Typed;
  patchOf(before: Typed, now: Typed): Record<string, unknown>;
  mergeTyped(before: Typed, typed: Typed, now: Typed): Typed;
  fieldNamedIn(detail: string): FieldKey | undefined;
}>('dashboard/settings-fields');
const { sourceOf, deviceLine, idFor } = await loadWeb<{
  sourceOf(device: Pick<Device, 'serial' | 'bus' | 'device'>): string;
  deviceLine(device: Device): string;
  idFor(name: string, taken: readonly string[]): string;
}>('dashboard/device-words');
const { isAdmin } = await loadWeb<{ isAdmin(permissions: Permissions, camera?: string): boolean }>(
  'dashboard/permissions',
);
const { latestOnly } = await loadWeb<{
  latestOnly(send: (values: Values) => Promise<void>, spacingMs?: number): (values: Values) => void;
}>('dashboard/latest-only');
const { applyEvent } = await loadWeb<{ applyEvent(cameras: readonly Camera[], event: Event): readonly Camera[] }>(
  'dashboard/live-cameras',
);

const settings: Camera['settings'] = {
  ...{ width: 640, height: 480, framerate: 30, bitrate: 1_000_000, keyframeInterval: 60 },
  ...{ passthrough: 'auto', overlay: 'none', fallback: 'vp8', stallTimeout: 2, controls: {} },
};
const typed = typedOf({ name: 'Road', settings });

t.test('settings as typed, and the patch that is sent', t => {
  t.strictSame(typed, {
    ...{ name: 'Road', width: '640', height: '480', framerate: '30', bitrate: '1000', keyframeInterval: '60' },
    overlay: 'none',
  });
  t.strictSame(patchOf(typed, typed), {});
  t.strictSame(patchOf(typed, { ...typed, name: 'Road ' }), {}, 'a trailing space is ignored');
  t.strictSame(patchOf(typed, { ...typed, name: ' A ', width: '800', bitrate: '1500' }), {
    name: 'A',
    width: 800,
    bitrate: 1_500_000,
  });
  t.strictSame(patchOf(typed, { ...typed, overlay: 'timemark' }), { overlay: 'timemark' });
  t.strictSame(patchOf(typed, { ...typed, framerate: '' }), { framerate: null }, 'an empty field is the default');
  const odd = typedOf({ name: 'Road', settings: { ...settings, bitrate: 999_937 } });
  t.strictSame(patchOf(odd, odd), {}, 'a bitrate that is not a whole number of kbit/s is left unchanged');
  t.strictSame(patchOf(odd, { ...odd, bitrate: '999.938' }), { bitrate: 999_938 });
  t.end();
});

t.test('a camera that was changed elsewhere: unsaved input is kept', t => {
  const here = { ...typed, width: '800' };
  const there = { ...typed, width: '320', bitrate: '500' };
  t.strictSame(mergeTyped(typed, here, there), { ...typed, width: '800', bitrate: '500' });
  t.end();
});

t.test('the field that an error is about', t => {
  for (const [detail, field] of [
    ['The JSON body is invalid: body/width must be <= 7680.', 'width'],
    ['"bitrate" of camera "road" is 1, and has to be at least 50000.', 'bitrate'],
    ['keyframeInterval: 0 is too small; bitrate is fine.', 'keyframeInterval'],
    ['The bandwidth is out.', undefined],
    ['The camera has no such filename.', undefined],
    ['', undefined],
  ] as const)
    t.equal(fieldNamedIn(detail), field, detail);
  t.end();
});

t.test('devices as text and as sources', t => {
  const device: Device = {
    ...{ device: '/dev/video0', name: 'C920', driver: 'uvcvideo', bus: 'usb-1', serial: '46D0', usable: null },
    modes: [
      { format: 'YUYV', width: 640, height: 480, framerates: [30] },
      { format: 'MJPG', width: 1920, height: 1080, framerates: [30] },
    ],
    cameras: ['road'],
  };
  t.equal(sourceOf(device), 'v4l2:serial=46D0');
  t.equal(sourceOf({ ...device, serial: null }), 'v4l2:bus=usb-1');
  t.equal(sourceOf({ ...device, serial: null, bus: '' }), 'v4l2:/dev/video0');
  t.equal(deviceLine(device), '/dev/video0 · usb-1 · up to 1920×1080 · used by road');
  t.equal(deviceLine({ ...device, modes: [], usable: 'It is broken.' }), '/dev/video0 · usb-1 · It is broken.');
  for (const [name, taken, id] of [
    ['HD Pro Webcam C920', [], 'hd-pro-webcam-c920'],
    ['Kamera für Größe', [], 'kamera-fur-gro-e'],
    ['road', ['road', 'road-2'], 'road-3'],
    ['摄像头', [], 'camera'],
    ['-_-', ['camera'], 'camera-2'],
  ] as const) {
    t.equal(idFor(name, taken), id);
    t.match(idFor(name.repeat(50), taken), /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/);
  }
  t.end();
});

t.test('permissions to change settings', t => {
  const both: Permissions = [{ role: 'view' }, { role: 'admin', cameras: ['road'] }];
  t.strictSame([isAdmin(both, 'road'), isAdmin(both, 'arm'), isAdmin(both)], [true, false, false]);
  t.strictSame([isAdmin([{ role: 'admin' }], 'road'), isAdmin([{ role: 'admin' }])], [true, true]);
  t.strictSame([isAdmin([{ role: 'view' }], 'road'), isAdmin([])], [false, false]);
  t.end();
});

t.test('of changes during a request only the newest is sent', async t => {
  const sent: Values[] = [];
  let done = (): void => undefined;
  const send = latestOnly(values => {
    sent.push(values);
    return new Promise(resolve => {
      done = resolve;
    });
  }, 1);
  const settled = () => new Promise(resolve => setTimeout(resolve, 10));
  send({ brightness: 1 });
  for (let value = 2; value < 100; value++) send({ brightness: value });
  send({ focus: 7 });
  t.strictSame(sent, [{ brightness: 1 }]);
  done();
  await settled();
  t.strictSame(sent.slice(1), [{ brightness: 99, focus: 7 }]);
  done();
  await settled();
  send({ brightness: 5 });
  t.strictSame(sent.slice(2), [{ brightness: 5 }], 'and later ones at once');
});

t.test('the list of cameras follows events', t => {
  const camera = (id: string, name = id) => ({ id, name }) as Camera;
  const at = '2026-01-31T12:00:00.000Z';
  const [road, arm] = [camera('road'), camera('arm')];
  let now: readonly Camera[] = [];
  const after = (event: Event): string => {
    now = applyEvent(now, event);
    return now.map(({ id, name }) => (id === name ? id : `${id} ${name}`)).join();
  };
  t.equal(after({ type: 'snapshot', at, permissions: [], cameras: [road, arm], sessions: [] }), 'road,arm');
  t.equal(after({ type: 'camera-added', camera: camera('rear') }), 'road,arm,rear');
  t.equal(after({ type: 'camera-added', camera: camera('road') }), 'arm,rear,road', 'it is listed once');
  t.equal(after({ type: 'camera-changed', camera: camera('arm', 'Gripper') }), 'arm Gripper,rear,road');
  t.equal(after({ type: 'camera-changed', camera: camera('moon') }), 'arm Gripper,rear,road');
  t.equal(after({ type: 'camera-removed', id: 'rear' }), 'arm Gripper,road');
  const before = now;
  after({ type: 'alive', at });
  t.equal(now, before, 'an unrelated event changes nothing');
  t.end();
});
