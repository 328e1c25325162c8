import t from 'tap';
import {
  checkFromWorker,
  checkToWorker,
  type FromWorker,
  type ToWorker,
  WORKER_REPLIES,
} from '../../src/messages/camera-worker.js';
import {
  checkFromMultiCamera,
  checkToMultiCamera,
  type FromMultiCamera,
  MULTI_CAMERA_REPLIES,
  type ToMultiCamera,
} from '../../src/messages/multi-camera.js';
import { configureMessage } from '../helpers/camera-plan.js';

const ice = {
  stunServer: null,
  turnServers: [],
  udpPorts: { min: 50_000, max: 50_100 },
  addresses: null,
  announce: ['203.0.113.7'],
  gatheringMs: 250,
};
const figures = {
  bitrate: 1,
  bytes: 2_000,
  packetsSent: 1,
  packetsReceived: 0,
  packetsLost: null,
  lossPercent: null,
  jitterMs: null,
  roundTripMs: null,
  keyframeRequests: 0,
  retransmitted: 0,
};
const toWorker: { [T in ToWorker['type']]: Extract<ToWorker, { type: T }> } = {
  configure: configureMessage({}),
  join: {
    type: 'join',
    request: 1,
    session: 's-1',
    requestId: 'r-1',
    offer: 'v=0',
    video: { codec: 'H264', payloadType: 96, retransmit: true, extensions: [{ id: 3, uri: 'urn:x' }] },
    audio: { payloadType: 111, extensions: [] },
    ice,
  },
  publish: {
    type: 'publish',
    request: 2,
    session: 's-1',
    requestId: 'r-1',
    offer: 'v=0',
    video: { codec: 'VP8', payloadType: 96, retransmit: false, extensions: [] },
    audio: { payloadType: 111, extensions: [] },
    ice,
  },
  candidates: { type: 'candidates', session: 's-1', values: ['1 1 UDP 1 192.0.2.1 9 typ host'] },
  leave: { type: 'leave', session: 's-1' },
  keyframe: { type: 'keyframe' },
  forward: { type: 'forward', request: 3, forward: 'f-1', port: 40_000 },
  'stop-forward': { type: 'stop-forward', forward: 'f-1' },
  snapshot: { type: 'snapshot', request: 1 },
  freshness: { type: 'freshness', request: 1, everyMs: 100 },
  measure: { type: 'measure', request: 1 },
  ping: { type: 'ping', sequence: 1 },
  close: { type: 'close' },
};
const fromWorker: { [T in FromWorker['type']]: Extract<FromWorker, { type: T }> } = {
  ready: { type: 'ready', warmMs: 400, codecs: ['H264', 'OPUS'] },
  pong: { type: 'pong', sequence: 1 },
  camera: {
    type: 'camera',
    state: 'live',
    detail: null,
    remedy: null,
    notices: [{ code: 'nearest-mode', detail: 'why' }],
    lostMs: 3.5,
    capture: { format: 'YUYV', width: 640, height: 480, framerate: 30 },
    encoder: 'x264enc',
    passthrough: { active: false, reason: 'raw' },
    fps: 30,
    bitrate: 1_000_000,
    video: { codec: 'H264', width: 640, height: 480, profileLevelId: '42c01e' },
    audio: { codec: 'OPUS' },
    renditions: [{ codec: 'VP8', encoder: 'vp8enc', viewers: 1 }],
    publisher: 's-2',
    newestAt: 1234.5,
  },
  freshness: {
    type: 'freshness',
    request: 1,
    newestAt: 1234.5,
    sessions: { 's-1': { movedAt: 1230.5, heardAt: null } },
  },
  measured: {
    type: 'measured',
    request: 1,
    loopLagMs: 1.5,
    stream: { captured: 9, encoded: 8, sent: 7, keyframes: 1, thinned: 1, overrun: 1, delayMs: 5.5, encodeMs: null },
  },
  joined: { type: 'joined', request: 1, answer: 'v=0' },
  snapshot: { type: 'snapshot', request: 1, jpeg: new Uint8Array([255, 216]), capturedAt: 123456.5 },
  'forward-ended': { type: 'forward-ended', request: 3, detail: 'why' },
  'receiver-opened': { type: 'receiver-opened', port: 40_000 },
  'receiver-closed': { type: 'receiver-closed', port: 40_000 },
  'keyframe-wanted': { type: 'keyframe-wanted' },
  'encoder-failed': { type: 'encoder-failed', element: 'nvh264enc', reason: 'why' },
  refused: { type: 'refused', request: 1, code: 'internal', detail: 'why', remedy: null },
  connected: { type: 'connected', session: 's-1' },
  sending: { type: 'sending', session: 's-1' },
  ended: { type: 'ended', session: 's-1', reason: 'ice-failed', detail: null },
  stats: { type: 'stats', session: 's-1', stats: figures },
  log: { type: 'log', level: 'info', event: 'e', fields: {} },
  probing: { type: 'probing', kind: 'encoder', element: 'x264enc', title: 'x264' },
  probed: {
    type: 'probed',
    kind: 'encoder',
    element: 'x264enc',
    title: 'x264',
    outcome: 'selected',
    reason: 'it encodes',
  },
  found: { type: 'found', missing: [], gstreamer: '1.22.0', libnice: '0.1.21' },
  done: { type: 'done' },
};

const toBundles: { [T in ToMultiCamera['type']]: Extract<ToMultiCamera, { type: T }> } = {
  offer: { type: 'offer', request: 1, connection: 'b', cameras: ['front', 'rear'], ice },
  accept: { type: 'accept', connection: 'b', answer: 'v=0' },
  receive: { type: 'receive', request: 2, connection: 'b', cameras: ['legacy-1'], offer: 'v=0', ice },
  candidates: { type: 'candidates', connection: 'b', values: ['1 1 UDP 1 192.0.2.1 9 typ host'] },
  forward: { type: 'forward', connection: 'b', camera: 'legacy-1', port: 40_000 },
  'stop-forward': { type: 'stop-forward', connection: 'b', camera: 'legacy-1' },
  keyframe: { type: 'keyframe', connection: 'b', camera: 'legacy-1' },
  drop: { type: 'drop', connection: 'b', camera: 'front' },
  freshness: { type: 'freshness', request: 1 },
  leave: { type: 'leave', connection: 'b' },
  ping: { type: 'ping', sequence: 1 },
  close: { type: 'close' },
};
const fromBundles: { [T in FromMultiCamera['type']]: Extract<FromMultiCamera, { type: T }> } = {
  ready: { type: 'ready', warmMs: 400 },
  pong: { type: 'pong', sequence: 1 },
  'receiver-opened': { type: 'receiver-opened', camera: 'front', port: 40_000 },
  'receiver-closed': { type: 'receiver-closed', camera: 'front', port: 40_000 },
  'keyframe-wanted': { type: 'keyframe-wanted', camera: 'front' },
  offered: { type: 'offered', request: 1, offer: 'v=0' },
  answered: { type: 'answered', request: 2, answer: 'v=0' },
  refused: { type: 'refused', request: 1, code: 'internal', detail: 'why', remedy: null },
  connected: { type: 'connected', connection: 'b' },
  sending: { type: 'sending', connection: 'b' },
  ended: { type: 'ended', connection: 'b', reason: 'ice-failed', detail: null },
  stats: { type: 'stats', connection: 'b', stats: figures },
  freshness: { type: 'freshness', request: 1, sessions: { b: { movedAt: 1.5, heardAt: null } } },
  log: { type: 'log', level: 'info', event: 'e', fields: {} },
};

const directions = [
  {
    name: 'to a worker',
    check: checkToWorker as (message: unknown) => unknown,
    examples: toWorker,
    others: fromWorker,
  },
  {
    name: 'from a worker',
    check: checkFromWorker as (message: unknown) => unknown,
    examples: fromWorker,
    others: toWorker,
  },
  {
    name: 'to the process for connections',
    check: checkToMultiCamera as (message: unknown) => unknown,
    examples: toBundles,
    others: fromBundles,
  },
  {
    name: 'from the process for connections',
    check: checkFromMultiCamera as (message: unknown) => unknown,
    examples: fromBundles,
    others: toBundles,
  },
];

/** Objects and numbers that may be null. */
const NULLABLE = new Set(['lostMs', 'capture', 'video', 'audio', 'newestAt', 'loopLagMs', 'stream']);

for (const { name, check, examples, others } of directions) {
  t.test(`${name}: each message is accepted, and refused with a missing or wrong field`, t => {
    for (const [type, message] of Object.entries(examples)) {
      t.equal(check(message), message, type);
      for (const [field, value] of Object.entries(message)) {
        const { [field]: _, ...without } = message as Record<string, unknown>;
        t.equal(check(without), null, `${type} without ${field}`);
        for (const wrong of [undefined, Symbol('s'), typeof value === 'string' || value === null ? 1 : 'text'])
          t.equal(check({ ...message, [field]: wrong }), null, `${type} with ${field} ${String(wrong)}`);
        const mayBeNull = value === null || (typeof value === 'string' && field !== 'session') || NULLABLE.has(field);
        if (!mayBeNull) t.equal(check({ ...message, [field]: null }), null, `${type} with ${field} null`);
        if (typeof value === 'number')
          t.equal(check({ ...message, [field]: Number.NaN }), null, `${type}: ${field} NaN`);
      }
    }
    t.end();
  });

  t.test(`${name}: invalid messages`, t => {
    for (const value of [null, undefined, 1, 'ping', [], {}, () => ({}), { type: null }, { type: ['close'] }])
      t.equal(check(value), null, String(value));
    for (const type of ['constructor', '__proto__', 'toString', 'hasOwnProperty', '', 'Close', 'unheard-of'])
      t.equal(check({ type }), null, `type "${type}"`);
    t.equal(check(JSON.parse('{"__proto__":{"type":"close"}}')), null, 'own key __proto__');
    for (const [type, message] of Object.entries(others))
      if (!(type in examples)) t.equal(check(message), null, `${type} is for the other side`);
    t.end();
  });
}

t.test('nullable and optional fields', t => {
  t.ok(checkFromWorker({ ...fromWorker.camera, detail: 'unplugged', remedy: 'plug it in', encoder: null }));
  t.ok(checkFromWorker({ ...fromWorker.camera, video: null, audio: null, publisher: null }), 'nobody publishes');
  t.ok(checkFromWorker({ ...fromWorker.ended, detail: 'why' }));
  for (const type of ['join', 'publish'] as const) {
    t.ok(checkToWorker({ ...toWorker[type], audio: null }), `${type} without sound`);
    t.equal(checkToWorker({ ...toWorker[type], video: null }), null, `${type} without video`);
  }
  t.ok(checkToWorker({ ...toWorker.leave, later: 'a field of a newer version' }));
  t.end();
});

t.test('each request and its reply have a number', t => {
  const conversations: [string, Readonly<Record<string, string>>, object, object][] = [
    ['worker', WORKER_REPLIES, toWorker, fromWorker],
    ['bundles', MULTI_CAMERA_REPLIES, toBundles, fromBundles],
  ];
  for (const [name, replies, to, from] of conversations) {
    const numbered = (messages: object): string[] =>
      Object.entries(messages).flatMap(([type, message]) => ('request' in message ? [type] : []));
    t.strictSame(numbered(to).sort(), Object.keys(replies).sort(), `${name}: every request has a reply`);
    t.strictSame(
      numbered(from).sort(),
      [...new Set([...Object.values(replies), 'refused'])].sort(),
      `${name}: nothing else is a reply`,
    );
  }
  t.end();
});
