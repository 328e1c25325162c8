import t from 'tap';
import { CameraKeyframes } from '../../src/domain/camera-keyframes.js';
import { Failure } from '../../src/domain/failure.js';
import { monotonicMs } from '../../src/process/monotonic.js';
import { testApp } from '../helpers/app.js';
import { breaches, problemBreaches } from '../helpers/contract.js';
import { JPEG } from '../helpers/fake-engine.js';
import { bearer, issue } from '../helpers/tokens.js';

const KEYFRAME = '/api/v1/cameras/road/keyframe';
const SNAPSHOT = '/api/v1/cameras/road/snapshot.jpg';

t.test('a keyframe: at once, and one more for all requests within half a second', async t => {
  const { ask, engine } = await testApp(t);
  for (let n = 0; n < 5; n++) {
    const response = await ask('POST', KEYFRAME);
    t.strictSame(breaches('makeKeyframe', response), []);
    t.equal(response.statusCode, 204);
  }
  await ask('POST', KEYFRAME.replace('road', 'arm'));
  t.strictSame(engine.keyframes, ['road', 'arm'], 'each camera has its own');
  t.strictSame(
    problemBreaches(await ask('POST', KEYFRAME.replace('road', 'moon')), 404, 'unknown-camera'),
    [],
    'an unknown camera',
  );
});

t.test('keyframes are throttled, and no request is forgotten', async t => {
  const made: number[] = [];
  const began = performance.now();
  const keyframes = new CameraKeyframes(() => void made.push(performance.now() - began), 40);
  t.teardown(() => keyframes.close());
  while (performance.now() - began < 100) {
    keyframes.request('road');
    await new Promise(resolve => setTimeout(resolve, 2));
  }
  const asked = made.length;
  await new Promise(resolve => setTimeout(resolve, 100));
  t.equal(made.length, asked + 1, 'the last one is made when it is due');
  for (const [n, at] of made.slice(1).entries()) t.ok(at - (made[n] ?? 0) >= 39, `${at - (made[n] ?? 0)} ms`);
});

t.test('a keyframe that cannot be made is an error of its request only', async t => {
  let works = true;
  const keyframes = new CameraKeyframes(() => {
    if (!works) throw new Failure('camera-unavailable', 'gone');
  }, 5);
  t.teardown(() => keyframes.close());
  keyframes.request('road');
  works = false;
  keyframes.request('road');
  await new Promise(resolve => setTimeout(resolve, 20));
  t.throws(() => keyframes.request('road'), { code: 'camera-unavailable' });
});

t.test('a snapshot', async t => {
  const { ask, engine } = await testApp(t);
  for (const method of ['GET', 'HEAD']) {
    const response = await ask(method, SNAPSHOT);
    t.equal(response.statusCode, 200);
    t.match(response.headers, {
      'content-type': 'image/jpeg',
      'content-length': String(JPEG.length),
      'cache-control': 'no-store',
      'content-disposition': /^inline; filename="road-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.jpg"$/,
      'frame-age-ms': /^\d+$/,
    });
    t.strictSame(response.rawPayload, method === 'GET' ? JPEG : Buffer.alloc(0));
  }
  t.strictSame(breaches('getSnapshot', await ask('GET', SNAPSHOT)), []);
  const failures = [
    [new Failure('camera-unavailable', 'unplugged', { retryAfter: 2 }), 409],
    [new Failure('camera-starting', 'not yet', { retryAfter: 1 }), 503],
    [new Failure('no-publisher', 'nobody', { retryAfter: 1 }), 409],
  ] as const;
  for (const [failure, status] of failures) {
    engine.takeSnapshot = () => Promise.reject(failure);
    const response = await ask('GET', SNAPSHOT);
    t.strictSame(problemBreaches(response, status, failure.code), []);
    t.strictSame(breaches('getSnapshot', response), []);
  }
  engine.takeSnapshot = async () => ({ jpeg: JPEG, capturedAt: monotonicMs() });
  t.equal((await ask('GET', SNAPSHOT)).statusCode, 200, 'a failure is not cached');
  t.strictSame(problemBreaches(await ask('GET', SNAPSHOT.replace('road', 'moon')), 404, 'unknown-camera'), []);
});

t.test('a snapshot says how old its frame is', async t => {
  const { ask, engine } = await testApp(t);
  engine.takeSnapshot = async () => ({ jpeg: JPEG, capturedAt: monotonicMs() - 61_000 });
  const before = Date.now();
  const { headers } = await ask('GET', SNAPSHOT);
  t.ok(Number(headers['frame-age-ms']) >= 61_000, `${headers['frame-age-ms']} ms`);
  const captured = String(headers['frame-captured-at']);
  t.ok(Date.parse(captured) <= before - 61_000 + 1_000, captured);
  t.match(headers['content-disposition'], captured.replaceAll(':', '-'), 'and its name too');
});

t.test('simultaneous requests are given the same snapshot', async t => {
  const { ask, engine } = await testApp(t);
  const snapshots = [Buffer.from('first'), Buffer.from('second')];
  engine.takeSnapshot = () =>
    new Promise(resolve =>
      setTimeout(resolve, 20, { jpeg: snapshots[engine.snapshots.length - 1] ?? JPEG, capturedAt: monotonicMs() }),
    );
  const answers = await Promise.all([ask('GET', SNAPSHOT), ask('GET', SNAPSHOT), ask('GET', SNAPSHOT)]);
  t.strictSame(
    answers.map(({ body }) => body),
    ['first', 'first', 'first'],
  );
  t.equal((await ask('GET', SNAPSHOT)).body, 'second', 'a later request gets a newer one');
  t.strictSame(engine.snapshots, ['road', 'road']);
});

t.test('snapshots of one address are limited per camera', async t => {
  const viewer = issue('viewer', { role: 'view' });
  const { app, engine } = await testApp(t, 5, { access: { tokens: [viewer.entry] } });
  const get = (url: string, remoteAddress: string) => app.inject({ url, remoteAddress, headers: bearer(viewer.token) });
  for (let n = 0; n < 10; n++) t.equal((await get(SNAPSHOT, '192.0.2.1')).statusCode, 200);
  const response = await get(SNAPSHOT, '192.0.2.1');
  t.strictSame(problemBreaches(response, 429, 'too-many-requests'), []);
  t.strictSame(breaches('getSnapshot', response), []);
  t.equal(response.headers['retry-after'], '1');
  t.equal((await get(SNAPSHOT, '192.0.2.2')).statusCode, 200, 'another address');
  t.equal((await get(SNAPSHOT.replace('road', 'arm'), '192.0.2.1')).statusCode, 200, 'another camera');
  t.equal(engine.snapshots.length, 12);
});
