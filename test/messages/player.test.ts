import t from 'tap';
import {
  checkFromPlayer,
  checkToPlayer,
  type FromPlayer,
  PLAYER_REPLIES,
  type ToPlayer,
} from '../../src/messages/player.js';
import { FIGURES, NETWORK } from '../helpers/reports.js';

const ice = { stunServer: null, turnServers: [], udpPorts: null, addresses: null, announce: [], gatheringMs: 250 };
const toPlayer: { [T in ToPlayer['type']]: Extract<ToPlayer, { type: T }> } = {
  configure: {
    type: 'configure',
    request: 1,
    settings: {
      cameras: [{ id: 'front', label: 'Front', record: null, snapshot: null, pipe: null }],
      display: { separate: false, sink: null },
      decoder: null,
      decodes: true,
      jitterMs: 100,
      marks: false,
      skip: [],
    },
  },
  offer: { type: 'offer', request: 2, session: 's-1', camera: 'front', ice },
  accept: { type: 'accept', session: 's-1', answer: 'v=0' },
  answer: { type: 'answer', request: 3, session: 's-1', cameras: ['front'], offer: 'v=0', ice },
  candidates: { type: 'candidates', session: 's-1', values: ['1 1 UDP 1 192.0.2.1 9 typ host'] },
  leave: { type: 'leave', session: 's-1' },
  say: { type: 'say', camera: 'front', text: null },
  ping: { type: 'ping', sequence: 1 },
  close: { type: 'close' },
};
const fromPlayer: { [T in FromPlayer['type']]: Extract<FromPlayer, { type: T }> } = {
  ready: { type: 'ready', warmMs: 400 },
  pong: { type: 'pong', sequence: 1 },
  trying: { type: 'trying', element: 'avdec_h264' },
  prepared: { type: 'prepared', request: 1, decoder: null, decoderTitle: null, sink: null },
  offered: { type: 'offered', request: 2, offer: 'v=0' },
  answered: { type: 'answered', request: 3, answer: 'v=0' },
  refused: { type: 'refused', request: 1, code: 'decoder', detail: 'none', remedy: null },
  connected: { type: 'connected', session: 's-1' },
  frame: { type: 'frame', session: 's-1', camera: 'front', width: 640, height: 480 },
  ended: { type: 'ended', session: 's-1', reason: 'ice-failed', detail: null },
  stale: { type: 'stale', camera: 'front', ageMs: 500 },
  fresh: { type: 'fresh', camera: 'front', afterMs: 900 },
  figures: {
    type: 'figures',
    camera: 'front',
    figures: FIGURES,
    network: NETWORK,
    marks: [{ capturedNs: 1n, decodedNs: 2n }],
  },
  file: { type: 'file', camera: 'front', kind: 'recording', file: '/tmp/a.mkv' },
  piping: { type: 'piping', camera: 'front', width: 640, height: 480 },
  'cannot-write': { type: 'cannot-write', camera: 'front', detail: 'disk full' },
  'pipe-closed': { type: 'pipe-closed', camera: 'front' },
  'window-closed': { type: 'window-closed' },
  'display-gone': { type: 'display-gone', detail: 'it was closed' },
  log: { type: 'log', level: 'info', event: 'e', fields: {} },
};

const directions = [
  {
    name: 'to the player',
    check: checkToPlayer as (message: unknown) => unknown,
    examples: toPlayer,
    others: fromPlayer,
  },
  {
    name: 'from the player',
    check: checkFromPlayer as (message: unknown) => unknown,
    examples: fromPlayer,
    others: toPlayer,
  },
];
const NULLABLE = new Set(['text', 'decoder', 'decoderTitle', 'sink', 'network', 'remedy']);

for (const { name, check, examples, others } of directions) {
  t.test(`${name}: each message is accepted, and refused with a missing or wrong field`, t => {
    for (const [type, message] of Object.entries(examples)) {
      t.equal(check(message), message, type);
      for (const [field, value] of Object.entries(message)) {
        const { [field]: _, ...without } = message as Record<string, unknown>;
        t.equal(check(without), null, `${type} without ${field}`);
        for (const wrong of [undefined, Symbol('s'), typeof value === 'string' || value === null ? 1 : 'text'])
          t.equal(check({ ...message, [field]: wrong }), null, `${type} with ${field} ${String(wrong)}`);
        const mayBeNull = NULLABLE.has(field) || (type === 'ended' && field === 'detail');
        t.equal(check({ ...message, [field]: null }) === null, !mayBeNull, `${type} with ${field} null`);
        if (typeof value === 'number')
          t.equal(check({ ...message, [field]: Number.NaN }), null, `${type}: ${field} NaN`);
      }
    }
    t.end();
  });

  t.test(`${name}: invalid messages`, t => {
    for (const value of [null, undefined, 1, 'ping', [], {}, () => ({}), { type: null }, { type: ['close'] }])
      t.equal(check(value), null, String(value));
    for (const type of ['constructor', '__proto__', 'toString', '', 'Close', 'unheard-of'])
      t.equal(check({ type }), null, `type "${type}"`);
    for (const [type, message] of Object.entries(others))
      if (!(type in examples)) t.equal(check(message), null, `${type} is for the other side`);
    t.end();
  });
}

t.test('each request and its reply have a number', t => {
  const numbered = (messages: object): string[] =>
    Object.entries(messages).flatMap(([type, message]) => ('request' in message ? [type] : []));
  t.strictSame(numbered(toPlayer).sort(), Object.keys(PLAYER_REPLIES).sort());
  t.strictSame(numbered(fromPlayer).sort(), [...Object.values(PLAYER_REPLIES), 'refused'].sort());
  t.end();
});
