import t from 'tap';
import { CommandError, EXIT } from '../../src/domain/command-error.js';
import type { CameraSettings } from '../../src/domain/contract.js';
import { planCameras } from '../../src/server/config/plan.js';

/** Cameras before the defaults are filled in. */
const configured = (cameras: Record<string, object>): Record<string, CameraSettings> =>
  cameras as Record<string, CameraSettings>;
const defaults = {
  width: 640,
  height: 480,
  framerate: 30,
  bitrate: 1_000_000,
  keyframeInterval: 60,
  passthrough: 'auto',
  fallback: 'vp8',
  overlay: 'none',
  stallTimeout: 2,
  controls: {},
};

t.test('plans have everything that a camera needs', t => {
  t.strictSame(
    planCameras(
      configured({ b: { source: 'test' }, a: { source: 'file:x.mp4', name: 'The arm', width: 320 } }),
      '/etc/robot',
    ),
    [
      { id: 'b', name: 'b', source: { type: 'test' }, settings: defaults },
      {
        id: 'a',
        name: 'The arm',
        source: { type: 'file', path: '/etc/robot/x.mp4' },
        settings: { ...defaults, width: 320 },
      },
    ],
  );
  t.strictSame(planCameras({}, '/'), []);
  t.end();
});

t.test('the input is not modified', t => {
  const cameras = configured({ a: { source: 'test' } });
  planCameras(cameras, '/');
  t.strictSame(cameras, { a: { source: 'test' } });
  t.end();
});

t.test('invalid cameras', t => {
  const cases: [string, Record<string, object>, RegExp][] = [
    ['source', { a: { source: 'v4l2:/etc/passwd' } }, /cameras\.a\.source .*names no device/],
    ['source of no kind', { a: { source: 'x' } }, /cameras\.a\.source is "x"/],
    ['name', { 'a/b': { source: 'test' } }, /cameras\.a\/b is not a valid camera name/],
    ['long name', { ['a'.repeat(64)]: { source: 'test' } }, /is not a valid camera name/],
    ['setting', { a: { source: 'test', framerate: 0 } }, /cameras\.a\.framerate is 0; it must be >= 1/],
    [
      'overlay of what is published',
      { a: { source: 'whip', overlay: 'timemark' } },
      /cameras\.a\.overlay must be "none"/,
    ],
  ];
  for (const [name, cameras, words] of cases) {
    try {
      planCameras(configured(cameras), '/');
      t.fail(`${name}: it was accepted`);
    } catch (error) {
      t.ok(error instanceof CommandError && error.exitCode === EXIT.config, name);
      t.match((error as Error).message, words, name);
    }
  }
  t.end();
});

t.test('no message contains a password', t => {
  try {
    planCameras(configured({ a: { source: 'rtsp://u:secret@' } }), '/');
    t.fail('it was accepted');
  } catch (error) {
    t.notMatch((error as Error).message, 'secret');
  }
  try {
    planCameras(configured({ a: { source: 'http://u:secret@h/' } }), '/');
    t.fail('it was accepted');
  } catch (error) {
    t.notMatch((error as Error).message, 'secret', 'nor one of the schema');
  }
  t.end();
});
