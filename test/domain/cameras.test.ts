import t from 'tap';
import type { CameraPlan } from '../../src/domain/camera-plan.js';
import { Cameras, NOT_STARTED } from '../../src/domain/cameras.js';
import { EventBus } from '../../src/domain/events.js';
import { Failure } from '../../src/domain/failure.js';
import { DEFAULT_SETTINGS, planFor } from '../helpers/camera-plan.js';
import { keptLog } from '../helpers/quiet-log.js';

const events = new EventBus(keptLog());

const plan = (id: string, url = 'rtsp://u:secret@192.0.2.7/s'): CameraPlan => planFor(id, { type: 'rtsp', url });

t.test('cameras are listed in the order they were added, with their details', t => {
  const cameras = new Cameras(events, camera => (camera === 'b' ? 3 : 0));
  t.strictSame(cameras.list(), []);
  for (const id of ['b', 'a', 'c']) cameras.add(plan(id));
  t.strictSame(
    cameras.list().map(({ id, viewers, state }) => `${id} ${viewers} ${state}`),
    ['b 3 starting', 'a 0 starting', 'c 0 starting'],
  );
  const camera = cameras.get('b');
  t.match(camera, {
    settings: DEFAULT_SETTINGS,
    video: null,
    encoder: null,
    restarts: 0,
    audio: null,
    renditions: [],
    publisher: null,
    notices: [],
    lostSince: null,
    device: null,
    capture: null,
    links: { whep: '/whep/b' },
  });
  t.equal(camera.source, 'rtsp://u:***@192.0.2.7/s', 'without the password');
  t.end();
});

t.test('a change of a known camera is emitted once', t => {
  const changes: string[] = [];
  t.teardown(events.on('cameraChanged', ({ camera, status }) => changes.push(`${camera} ${status.state}`)));
  const cameras = new Cameras(events, () => 0);
  cameras.add(plan('a'));
  cameras.update('a', { ...NOT_STARTED, state: 'live' });
  cameras.update('nowhere', { ...NOT_STARTED, state: 'live' });
  t.strictSame(changes, ['a live']);
  t.end();
});

t.test('a status replaces the previous one entirely', t => {
  const cameras = new Cameras(events, () => 0);
  cameras.add(plan('a'));
  cameras.add(plan('b'));
  const status = {
    encoder: null,
    passthrough: { active: false, reason: 'why' },
    fps: 0,
    bitrate: 0,
    video: null,
    restarts: 1,
    audio: null,
    renditions: [],
    publisher: null,
    notices: [],
    lostSince: null,
    device: null,
    capture: null,
  };
  cameras.update('a', { ...status, state: 'down', problem: { detail: 'it died' } });
  t.match(cameras.get('a'), {
    state: 'down',
    problem: { detail: 'it died' },
    restarts: 1,
    audio: null,
    renditions: [],
    publisher: null,
    notices: [],
    lostSince: null,
    device: null,
    capture: null,
  });
  cameras.update('a', { ...status, state: 'idle' });
  t.equal(cameras.get('a').state, 'idle');
  t.notOk('problem' in cameras.get('a'), 'a resolved problem is not shown');
  t.equal(cameras.get('b').state, 'starting', 'the other is unchanged');
  cameras.update('none', { ...status, state: 'live' });
  t.equal(cameras.list().length, 2, 'a status of an unknown camera adds none');
  t.end();
});

t.test('an unknown camera: the error names the cameras that the client may see', t => {
  const cameras = new Cameras(events, () => 0);
  const failure = (id: string, visible?: (camera: string) => boolean): Failure => {
    try {
      cameras.get(id, visible);
    } catch (error) {
      if (error instanceof Failure) return error;
    }
    throw new Error('no failure');
  };
  t.match(
    failure('x', () => true),
    { code: 'unknown-camera', remedy: 'GET /api/v1/cameras' },
  );
  cameras.add(plan('road'));
  cameras.add(plan('arm'));
  t.match(failure('x', () => true).remedy, 'road, arm');
  t.match(failure('x', camera => camera === 'arm').remedy, /^The cameras are: arm\.$/);
  t.notMatch(failure('x').remedy, /road|arm/, 'none, if the client is unknown');
  for (const id of ['__proto__', 'constructor', 'Road', ' road', '']) t.equal(failure(id).code, 'unknown-camera', id);
  t.ok(failure('x'.repeat(5_000)).message.length < 100, 'no endless name is echoed');
  t.end();
});
