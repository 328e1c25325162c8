import t from 'tap';
import type { Camera } from '../../src/domain/contract.js';
import type { PlayerFigures } from '../../src/web/player/player-stats.js';
import { DEFAULT_SETTINGS } from '../helpers/camera-plan.js';
import { loadWeb } from '../helpers/web.js';

type Row = readonly [label: string, value: string];
interface FigureWords {
  compactFigures(
    figures: PlayerFigures | undefined,
    knownFps: number | undefined,
  ): { key: string; value: string; warn: boolean }[];
  playerGroups(figures: PlayerFigures | undefined): { title: string; rows: Row[] }[];
  cameraGroup(camera: Camera, outdated?: boolean, ageMs?: number): { title: string; rows: Row[] };
}
const { compactFigures, playerGroups, cameraGroup } = await loadWeb<FigureWords>('dashboard/figure-words');

const figures: PlayerFigures = {
  width: 640,
  height: 480,
  fps: 30,
  bitrate: 1_000_000,
  lossPercent: 0,
  roundTripMs: 20,
  jitterBufferMs: 12,
  decodeMs: 3,
  framesDecoded: 300,
  framesDropped: 0,
  freezes: 0,
  packetsLost: 0,
  keyFrames: 3,
  nacks: 0,
  keyframeRequests: 0,
};
const camera: Camera = {
  id: 'road',
  name: 'Road',
  source: 'test',
  settings: DEFAULT_SETTINGS,
  state: 'live',
  encoder: 'x264enc',
  passthrough: { active: false, reason: 'the source has raw video' },
  viewers: 2,
  fps: 30,
  bitrate: 998_000,
  video: { codec: 'H264', width: 640, height: 480, profileLevelId: '42c01e' },
  audio: null,
  renditions: [],
  publisher: null,
  notices: [],
  lostSince: null,
  device: null,
  capture: null,
  restarts: 0,
  links: { whep: '/whep/road' },
};

t.test('highlighted statistics are those that affect driving', t => {
  const warnings = (changes: Partial<PlayerFigures>, fps: number | undefined = 30): string[] =>
    compactFigures({ ...figures, ...changes }, fps)
      .filter(({ warn }) => warn)
      .map(({ key }) => key);
  t.strictSame(warnings({}), []);
  t.strictSame(warnings({ lossPercent: 2 }), ['loss']);
  t.strictSame(warnings({ lossPercent: 1.9 }), []);
  t.strictSame(warnings({ roundTripMs: 150 }), ['rtt']);
  t.strictSame(warnings({ jitterBufferMs: 100 }), ['buffer']);
  t.strictSame(warnings({ fps: 22 }), ['fps']);
  t.strictSame(warnings({ fps: 23 }), []);
  t.strictSame(
    compactFigures({ ...figures, fps: 5 }, undefined).filter(({ warn }) => warn),
    [],
    'a slow camera is not a fault of the link',
  );
  t.strictSame(
    compactFigures(undefined, 30).map(({ value, warn }) => `${value}${warn}`),
    [...Array(6).fill('–false'), 'false'],
  );
  t.end();
});

t.test('the latency of frames with a time mark', t => {
  const capture = { p50: 52.4, p95: 80, p99: 123, count: 300, errorMs: 2.6 };
  const age = (p50: number) =>
    compactFigures({ ...figures, capture: { ...capture, p50 } }, 30).find(({ key }) => key === 'age');
  t.match(age(52.4), { value: '52\u00a0±3\u00a0ms', warn: false });
  t.match(age(250), { warn: true });
  t.equal(compactFigures(figures, 30).find(({ key }) => key === 'age')?.value, '', 'none without a mark');
  const group = (given: PlayerFigures) => playerGroups(given).find(({ title }) => title.startsWith('Capture to'));
  t.equal(group(figures), undefined);
  const values = group({ ...figures, capture })?.rows.map(([, value]) => value.replaceAll('\u00a0', ' '));
  t.strictSame(values, ['52 ms', '80 ms', '123 ms', '±2.6 ms', '300']);
  t.end();
});

t.test('the detailed statistics', t => {
  const rows = (given: PlayerFigures | undefined): Map<string, string> =>
    new Map(
      playerGroups(given).flatMap(group =>
        group.rows.map(([label, value]) => [label, value.replaceAll('\u00a0', ' ')]),
      ),
    );
  t.equal(rows(figures).get('One-way delay (est.)'), '25 ms', 'half the round trip, the buffer and the decoder');
  t.equal(rows({ ...figures, packetsLost: 7 }).get('Packets lost'), '7');
  for (const [label, value] of rows(undefined)) t.equal(value, '–', `${label} is unknown at first`);
  t.end();
});

t.test('the statistics of the camera', t => {
  const rows = (changes: Partial<Camera>, outdated?: boolean) =>
    new Map(cameraGroup({ ...camera, ...changes }, outdated).rows);
  t.equal(rows({}).get('Encoder'), 'x264enc');
  t.equal(rows({ encoder: null }).get('Encoder'), '–');
  t.match(
    rows({ encoder: null, passthrough: { active: true, reason: 'it is baseline' } }).get('Encoder'),
    'passthrough',
  );
  t.notOk(rows({}).has('Newest frame'), 'unknown without events');
  t.equal(new Map(cameraGroup(camera, false, 1_540).rows).get('Newest frame'), '1.5\u00a0s ago');
  t.notOk(rows({}).has('Problem'));
  t.equal(rows({ problem: { detail: 'unplugged', remedy: 'plug it in' } }).get('Problem'), 'unplugged');
  t.equal(rows({ problem: { detail: 'unplugged', remedy: 'plug it in' } }).get('Remedy'), 'plug it in');
  t.equal(rows({ video: null }).get('Encodes'), '–');
  t.strictSame(
    ['Notice', 'Device', 'Captures'].filter(label => rows({}).has(label)),
    [],
  );
  const nearest = { code: 'nearest-mode', detail: 'it has no 25 fps', remedy: 'configure 30' } as const;
  const v4l2 = rows({
    notices: [nearest],
    device: '/dev/video0',
    capture: { format: 'MJPG', width: 1280, height: 720, framerate: 30 },
  });
  t.equal(v4l2.get('Notice'), 'it has no 25 fps');
  t.equal(v4l2.get('Remedy'), 'configure 30');
  t.equal(v4l2.get('Device'), '/dev/video0');
  t.equal(v4l2.get('Captures')?.replaceAll('\u00a0', ' '), 'MJPG 1280×720, 30 fps');
  t.equal(rows({}, true).get('State'), 'unknown; was live', 'the state of a silent server is unknown');
  t.end();
});
