import t from 'tap';
import { applyControls, readControls, setControls } from '../../src/server/devices/controls.js';
import { v4l2ctl } from '../../src/server/devices/v4l2-ctl.js';
import { fakeV4l2Ctl } from '../helpers/fake-v4l2-ctl.js';

const C920 = { info: 'c920.info', controls: 'c920.controls' };
const VIVID = { info: 'vivid-000.info', controls: 'vivid.controls' };
const DEVICE = '/dev/video0';
const sets = (calls: readonly string[]): string[] =>
  calls.flatMap(call => (call.includes('--set-ctrl') ? [call.split(' ').slice(2).join(' ')] : []));

t.test('controls are set in an order that works', async t => {
  const program = fakeV4l2Ctl(t);
  program.give(DEVICE, C920);
  const { kept, failed } = await setControls(DEVICE, {
    exposure_time_absolute: 157,
    auto_exposure: 'manual mode',
    contrast: 128,
  });
  t.strictSame(failed, []);
  t.strictSame(kept, { auto_exposure: 1, exposure_time_absolute: 157, contrast: 128 });
  t.strictSame(
    sets(program.calls()),
    ['auto_exposure=1', 'exposure_time_absolute=157'],
    'a control with the right value is not set',
  );
  const controls = await readControls(DEVICE);
  t.match(
    controls.find(({ name }) => name === 'exposure_time_absolute'),
    { value: 157, flags: [] },
  );
});

t.test('with one invalid value nothing is set', async t => {
  const program = fakeV4l2Ctl(t);
  program.give(DEVICE, VIVID);
  const wrong: [object, RegExp, RegExp?][] = [
    [{ contrast: 1, brightness: 256 }, /brightness is 256; it must be a whole number from 0 to 255/],
    [{ contrast: 1, brightness: 1.5 }, /brightness is 1.5/],
    [{ contrast: 1, brightness: '140' }, /brightness is "140"/],
    [{ contrast: 1, brightness: true }, /brightness is true/],
    [{ contrast: 1, mute: 2 }, /mute is 2; it must be true or false/],
    [{ contrast: 1, menu: 2 }, /menu is 2; it must be one of 1 \(Menu Item 1\), 3 \(Menu Item 3\), 4/],
    [{ contrast: 1, menu: 'Menu Item 2' }, /menu is "Menu Item 2"/],
    [{ contrast: 1, integer_menu: 42 }, /integer_menu is 42; it must be one of .*8 \(42\)/],
    [{ contrast: 1, button: false }, /button is false; it must be true, which presses it/],
    [{ contrast: 1, string: 'a,b' }, /string is "a,b"; it must be a text of 2 to 4 bytes, without commas/],
    [{ contrast: 1, string: 'äää' }, /string is/],
    [{ contrast: 1, bitmask: 1 }, /bitmask is 1; it must be bits of 2151686160/],
    [{ contrast: 1, bitmask: -1 }, /bitmask is -1/],
    [{ contrast: 1, read_only_integer_32_bits: 1 }, /read_only_integer_32_bits cannot be set: it is read-only/],
    [{ contrast: 1, brigthness: 1 }, /no control "brigthness"/, /brightness, contrast/],
    [{ contrast: 1, string: null }, /no default/],
  ];
  for (const [values, detail, remedy] of wrong)
    await t.rejects(
      setControls(DEVICE, values as never),
      { code: 'invalid-body', message: detail, ...(remedy ? { remedy } : {}) },
      JSON.stringify(values),
    );
  t.strictSame(sets(program.calls()), []);
});

t.test('each type, the default, and values that are not saved', async t => {
  const program = fakeV4l2Ctl(t);
  program.give(DEVICE, VIVID);
  const { kept, failed } = await setControls(DEVICE, {
    mute: true,
    boolean: 0,
    menu: 'menu item 4',
    integer_menu: '42',
    bitmask: 0x402000,
    button: true,
    string: 'abc',
    hue: -128,
    brightness: 12,
  });
  t.strictSame(failed, []);
  t.strictSame(kept, {
    mute: true,
    boolean: false,
    menu: 4,
    integer_menu: 8,
    bitmask: 0x402000,
    string: 'abc',
    hue: -128,
    brightness: 12,
  });
  t.ok(sets(program.calls()).includes('button=1'));
  t.strictSame((await setControls(DEVICE, { brightness: null })).kept, { brightness: null });
  t.equal(sets(program.calls()).at(-1), 'brightness=128');
});

t.test('refused and inactive controls', async t => {
  const program = fakeV4l2Ctl(t);
  program.give(DEVICE, C920);
  program.refuse('gain');
  const values = { brightness: 130, gain: 10, exposure_time_absolute: 100 };
  t.match(await setControls(DEVICE, values), {
    kept: { brightness: 130 },
    failed: [
      { name: 'gain', reason: 'Permission denied' },
      { name: 'exposure_time_absolute', reason: /inactive/ },
    ],
  });
});

t.test('a device is set to its configuration', async t => {
  const program = fakeV4l2Ctl(t);
  program.give(DEVICE, C920);
  program.refuse('gain');
  t.strictSame(await applyControls(DEVICE, {}), []);
  t.strictSame(program.calls(), [], 'without configuration v4l2-ctl is not called');
  const failed = await applyControls(DEVICE, {
    brightness: 130,
    gain: 10,
    auto_exposure: 3,
    exposure_time_absolute: 100,
    zoom: 7,
    sharpness: 999,
  });
  t.match(failed, [
    { name: 'zoom', reason: /no control/ },
    { name: 'sharpness', reason: /must be a whole number from 0 to 255/ },
    { name: 'gain', reason: 'Permission denied' },
  ]);
  t.equal(failed.length, 3, 'the exposure time waits until exposure is manual');
  t.strictSame(sets(program.calls()), ['brightness=130', 'gain=10']);
  t.match(await applyControls('/dev/video9', { brightness: 1 }), [
    { name: 'brightness', reason: /Cannot open device/ },
  ]);
});

t.test('a missing device, and one that hangs', async t => {
  const program = fakeV4l2Ctl(t);
  await t.rejects(readControls(DEVICE), { code: 'camera-unavailable', message: /Cannot open device/ });
  program.hang(DEVICE);
  const began = performance.now();
  await t.rejects(v4l2ctl(DEVICE, ['--info'], 200), { fault: 'hung', message: /did not answer within 0.2 s/ });
  t.ok(performance.now() - began < 1_000);
});
