import t from 'tap';
import { NOT_STARTED } from '../../src/domain/cameras.js';
import type { CaptureDevice } from '../../src/domain/devices.js';
import { testApp } from '../helpers/app.js';
import { breaches, problemBreaches } from '../helpers/contract.js';
import { fakeV4l2Ctl } from '../helpers/fake-v4l2-ctl.js';
import { bearer, issue } from '../helpers/tokens.js';

const WEBCAM: CaptureDevice = {
  device: '/dev/video0',
  name: 'HD Pro Webcam C920',
  driver: 'uvcvideo',
  bus: 'usb-0000:00:14.0-1',
  serial: '9165D69F',
  usable: null,
  modes: [{ format: 'YUYV', width: 640, height: 480, framerates: [30, 7.5] }],
};
const CONTROLS = '/api/v1/cameras/arm/controls';
const patch = (body: object) => ({ payload: body, headers: { 'content-type': 'application/json' } });

t.test('the connected devices, and which cameras use them', async t => {
  const test = await testApp(t, 5, { devices: [WEBCAM] });
  const ask = () => test.ask('GET', '/api/v1/devices');
  t.strictSame((await ask()).json(), { items: [{ ...WEBCAM, cameras: [] }] });
  test.cameras.update('arm', { ...NOT_STARTED, device: '/dev/video0' });
  const response = await ask();
  t.strictSame(response.json().items[0].cameras, ['arm']);
  t.strictSame(breaches('listDevices', response), []);
});

t.test('a token for some cameras does not learn the names of others', async t => {
  const { token, entry } = issue('road only', { role: 'admin', cameras: ['road'] });
  const test = await testApp(t, 5, { devices: [WEBCAM], access: { tokens: [entry] } });
  test.cameras.update('arm', { ...NOT_STARTED, device: '/dev/video0' });
  const response = await test.app.inject({ url: '/api/v1/devices', headers: bearer(token) });
  t.strictSame(response.json().items[0].cameras, []);
});

t.test('controls are listed, set and saved', async t => {
  const program = fakeV4l2Ctl(t);
  program.give('video0', { info: 'c920.info', controls: 'c920.controls' });
  const test = await testApp(t);
  test.cameras.update('arm', { ...NOT_STARTED, state: 'live', device: '/dev/video0' });
  const listed = await test.ask('GET', CONTROLS);
  t.equal(listed.statusCode, 200);
  t.strictSame(breaches('listControls', listed), []);
  t.equal(listed.json().items.length, 11);

  const response = await test.ask('PATCH', CONTROLS, patch({ brightness: 140, white_balance_automatic: false }));
  t.equal(response.statusCode, 200, response.body);
  t.strictSame(breaches('setControls', response), []);
  const value = (name: string) =>
    response.json().items.find((control: { name: string }) => control.name === name).value;
  t.strictSame([value('brightness'), value('white_balance_automatic')], [140, false]);
  const kept = async () => (await test.ask('GET', '/api/v1/cameras/arm')).json().settings.controls;
  t.strictSame(await kept(), { brightness: 140, white_balance_automatic: false });
  await test.ask('PATCH', CONTROLS, patch({ contrast: 1, brightness: null }));
  t.strictSame(await kept(), { contrast: 1, white_balance_automatic: false }, 'null removes it');
});

t.test('errors are named, and nothing is set or saved', async t => {
  const program = fakeV4l2Ctl(t);
  program.give('video0', { info: 'c920.info', controls: 'c920.controls' });
  const test = await testApp(t);
  test.cameras.update('arm', { ...NOT_STARTED, state: 'live', device: '/dev/video0' });
  const wrong: [object, RegExp][] = [
    [{ contrast: 1, brightness: 300 }, /brightness is 300; it must be a whole number from 0 to 255/],
    [{ contrast: 1, auto_exposure: 'Auto' }, /auto_exposure is "Auto"; .*Manual Mode/],
    [{ contrast: 1, nothing: 1 }, /no control "nothing"/],
    [{}, /./],
    [{ 'Odd name': 1 }, /./],
    [{ brightness: [1] }, /./],
    [{ brightness: { a: 1 } }, /./],
  ];
  for (const [body, detail] of wrong) {
    const response = await test.ask('PATCH', CONTROLS, patch(body));
    t.strictSame(problemBreaches(response, 422, 'invalid-body'), [], JSON.stringify(body));
    t.strictSame(breaches('setControls', response), []);
    t.match(response.json().detail, detail);
  }
  t.strictSame((await test.ask('GET', '/api/v1/cameras/arm')).json().settings.controls, {});
  t.notOk(program.calls().some(call => call.includes('--set-ctrl')));

  program.refuse('gain');
  const refused = await test.ask('PATCH', CONTROLS, patch({ brightness: 129, gain: 1 }));
  t.strictSame(problemBreaches(refused, 422, 'invalid-body'), []);
  t.match(refused.json().detail, /did not accept gain: Permission denied/);
  t.strictSame((await test.ask('GET', '/api/v1/cameras/arm')).json().settings.controls, { brightness: 129 });
});

t.test('cameras whose device is missing, or that never have one', async t => {
  fakeV4l2Ctl(t);
  const test = await testApp(t);
  for (const [method, body] of [
    ['GET', {}],
    ['PATCH', patch({ brightness: 1 })],
  ] as const) {
    const none = await test.ask(method, '/api/v1/cameras/road/controls', body);
    t.strictSame(problemBreaches(none, 409, 'no-controls'), []);
    t.notMatch(none.body, /secret/);
    t.strictSame(problemBreaches(await test.ask(method, CONTROLS, body), 409, 'camera-unavailable'), []);
    t.strictSame(
      problemBreaches(await test.ask(method, '/api/v1/cameras/nope/controls', body), 404, 'unknown-camera'),
      [],
    );
  }
  test.cameras.update('arm', { ...NOT_STARTED, state: 'live', device: '/dev/video0' });
  const gone = await test.ask('GET', CONTROLS);
  t.strictSame(problemBreaches(gone, 409, 'camera-unavailable'), [], 'unplugged a moment ago');
});
