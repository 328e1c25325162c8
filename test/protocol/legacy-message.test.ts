import fc from 'fast-check';
import t from 'tap';
import { usableCandidate } from '../../src/protocol/candidate.js';
import {
  formatCandidate,
  formatDescription,
  HELLO,
  MAX_LEGACY_MESSAGE,
  midsOf,
  OK,
  parseLegacyMessage,
} from '../../src/protocol/legacy-message.js';

const read = (message: unknown): ReturnType<typeof parseLegacyMessage> => parseLegacyMessage(JSON.stringify(message));
const CANDIDATE = '1 1 UDP 2015363327 192.0.2.2 54279 typ host';

t.test('hello and ok', t => {
  t.strictSame(parseLegacyMessage(HELLO), { type: 'hello' });
  t.strictSame(parseLegacyMessage(OK), { type: 'ok' });
  t.strictSame(JSON.parse(HELLO), { status: 'HELLO' }, 'as sent by the clients in the field');
  t.strictSame(JSON.parse(OK), { status: 'OK' });
  for (const status of ['hello', 'BYE', null, 1, ['HELLO'], {}])
    t.strictSame(read({ status }), { type: 'unknown' }, JSON.stringify(status));
  t.end();
});

t.test('descriptions in both dialects', t => {
  for (const kind of ['offer', 'answer'] as const) {
    for (const form of ['nested', 'flat'] as const) {
      const text = formatDescription(kind, 'v=0\r\n"ü"', form);
      t.strictSame(parseLegacyMessage(text), { type: 'description', kind, sdp: 'v=0\r\n"ü"', form });
    }
  }
  t.strictSame(JSON.parse(formatDescription('offer', 'v=0', 'nested')), { sdp: { type: 'offer', sdp: 'v=0' } });
  t.strictSame(JSON.parse(formatDescription('answer', 'v=0', 'flat')), { type: 'answer', sdp: 'v=0' });
  const strange: unknown[] = [
    { sdp: 'v=0' },
    { sdp: {} },
    { sdp: { type: 'offer' } },
    { sdp: { type: 'offer', sdp: null } },
    { sdp: { type: 'pranswer', sdp: 'v=0' } },
    { sdp: [{ type: 'offer', sdp: 'v=0' }] },
    { type: 'rollback', sdp: '' },
    { type: ['offer'], sdp: 'v=0' },
    { type: 'offer', sdp: { sdp: 'v=0' } },
  ];
  for (const message of strange) t.strictSame(read(message), { type: 'unknown' }, JSON.stringify(message));
  t.end();
});

t.test('candidates, and the end of them', t => {
  t.strictSame(parseLegacyMessage(formatCandidate(CANDIDATE)), { type: 'candidate', value: CANDIDATE, section: 0 });
  t.strictSame(JSON.parse(formatCandidate(CANDIDATE, 2)), {
    ice: { candidate: `candidate:${CANDIDATE}`, sdpMLineIndex: 2 },
  });
  const candidate = (text: unknown, more: object = { sdpMLineIndex: 0 }): unknown =>
    read({ ice: { candidate: text, ...more } });
  const taken = { type: 'candidate', value: CANDIDATE, section: 0 };
  t.strictSame(candidate(`a=candidate:${CANDIDATE}`), taken);
  t.strictSame(candidate(CANDIDATE), taken);
  t.strictSame(
    candidate(`candidate:${CANDIDATE.replace('UDP', 'udp')} generation 0 ufrag abcd`, { sdpMid: 'video0' }),
    taken,
  );
  for (const sdpMLineIndex of [undefined, null, '1', 1.5, {}])
    t.strictSame(candidate(CANDIDATE, { sdpMLineIndex }), taken);
  const none = { type: 'candidate', value: null, section: 0 };
  for (const text of [
    '',
    'candidate:',
    'candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active',
    'candidate:1 1 udp 1 a.local 9 typ host',
    'x'.repeat(9_999),
    `candidate:${CANDIDATE}\r\na=x`,
  ])
    t.strictSame(candidate(text), none, text.slice(0, 40));
  for (const text of [null, 1, {}, [], undefined]) t.strictSame(candidate(text), { type: 'unknown' }, String(text));
  for (const ice of ['', null, [], 1]) t.strictSame(read({ ice }), { type: 'unknown' }, JSON.stringify(ice));
  t.end();
});

t.test('invalid messages', t => {
  for (const text of [
    '',
    ' ',
    '{',
    'null',
    '1',
    '"HELLO"',
    '[]',
    '[{"status":"HELLO"}]',
    'HELLO',
    '\ufeff{"status":"HELLO"}',
    '{"status":"HELLO"}{}',
  ])
    t.equal(parseLegacyMessage(text), null, text);
  for (const text of [
    '{"__proto__":{"status":"HELLO"}}',
    '{"constructor":{"type":"offer","sdp":"v=0"}}',
    '{"toString":"offer"}',
    '{}',
  ])
    t.strictSame(parseLegacyMessage(text), { type: 'unknown' }, text);
  t.end();
});

t.test('size and depth', t => {
  const sized = (length: number): string => {
    const empty = formatDescription('offer', '', 'nested').length;
    return formatDescription('offer', 'x'.repeat(length - empty), 'nested');
  };
  t.match(parseLegacyMessage(sized(MAX_LEGACY_MESSAGE)), { type: 'description' });
  t.equal(parseLegacyMessage(sized(MAX_LEGACY_MESSAGE + 1)), null);
  t.equal(parseLegacyMessage('['.repeat(MAX_LEGACY_MESSAGE)), null);
  t.strictSame(parseLegacyMessage(`${'{"sdp":'.repeat(30_000)}1${'}'.repeat(30_000)}`), { type: 'unknown' });
  t.end();
});

t.test('any text gives null or a complete message', async () => {
  const keys = fc.constantFrom('status', 'sdp', 'ice', 'type', 'candidate', 'sdpMLineIndex', '__proto__', 'x');
  const values = fc.constantFrom<unknown>(
    'HELLO',
    'OK',
    'offer',
    'answer',
    'v=0',
    `candidate:${CANDIDATE}`,
    '',
    null,
    0,
    -1,
    1e300,
    true,
  );
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof({ maxDepth: 4 }, values, fc.dictionary(keys, tie('tree')), fc.array(tie('tree'), { maxLength: 3 })),
  }));
  fc.assert(
    fc.property(
      fc.oneof(
        tree.map(value => JSON.stringify(value)),
        fc.string({ unit: 'binary' }),
      ),
      text => {
        const message = parseLegacyMessage(text);
        if (message?.type === 'description')
          return typeof message.sdp === 'string' && /^(offer|answer)$/.test(message.kind);
        if (message?.type === 'candidate')
          return (
            Number.isInteger(message.section) &&
            (message.value === null || usableCandidate(message.value) === message.value)
          );
        return message === null || ['hello', 'ok', 'unknown'].includes(message.type);
      },
    ),
    { numRuns: 3_000 },
  );
});

t.test('the names of the sections of an answer', t => {
  t.strictSame(midsOf('v=0\r\nm=video 9\r\na=mid:n1c0\r\nm=video 0\r\na=mid:n1c1\r\n'), ['n1c0', 'n1c1']);
  t.strictSame(midsOf('v=0\na=mid:0 \na=midi:1\n'), ['0']);
  t.strictSame(midsOf(''), []);
  t.end();
});
