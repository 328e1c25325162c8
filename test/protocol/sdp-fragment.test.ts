import { deepStrictEqual } from 'node:assert';
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { credentialsIn } from '../../src/protocol/ice-credentials.js';
import {
  candidatesFor,
  MAX_FRAGMENT,
  parseFragment,
  type SdpFragment,
  SdpFragmentError,
} from '../../src/protocol/sdp-fragment.js';
import { readFixture, readOffer } from '../helpers/fixtures.js';
import { formatFragment } from '../helpers/fragments.js';

const recorded = readdirSync(new URL('../../../test/fixtures/fragments', import.meta.url))
  .filter(name => name.endsWith('.sdpfrag'))
  .map(name => ({ name, text: readFixture(`fragments/${name}`) }));
const textOf = (name: string): string => recorded.find(fragment => fragment.name.startsWith(name))?.text ?? '';
const host = '1387637174 1 UDP 2122260223 192.0.2.1 61764 typ host';
const [credentials = { ufrag: '', pwd: '' }] = credentialsIn(readOffer('chromium-156'));

t.test('fragments of clients are parsed', t => {
  t.equal(recorded.length, 7);
  const { ufrag, pwd } = credentials;
  const none = { ufrag: null, pwd: null };
  t.strictSame(parseFragment(textOf('medooze-whip')), {
    session: { ufrag, pwd, candidates: [], endOfCandidates: false },
    sections: [
      {
        kind: 'video',
        mid: '0',
        ...none,
        // Candidates with TCP or an mDNS name are left out, and so are Chromium's own attributes.
        candidates: [host],
        endOfCandidates: true,
      },
    ],
  });
  t.match(parseFragment(textOf('whep-draft')), {
    session: none,
    sections: [{ mid: '0', ufrag, pwd, candidates: { length: 2 }, endOfCandidates: true }],
  });
  t.match(parseFragment(textOf('mediamtx')).sections, [
    { kind: 'audio', mid: '0', candidates: [host], endOfCandidates: false },
    { kind: 'video', mid: '1', candidates: [/2001:db8::7/] },
    { kind: 'application', mid: '2', candidates: [] },
  ]);
  t.match(parseFragment(textOf('rfc8840')).sections, [
    { mid: '0', candidates: { length: 1 }, endOfCandidates: true },
    {
      mid: '1',
      candidates: [
        '2154773085 1 UDP 1685987071 198.51.100.7 40001 typ srflx raddr 192.0.2.1 rport 61764',
        /203\.0\.113\.9 50002 typ relay/,
      ],
      endOfCandidates: true,
    },
  ]);
  t.strictSame(candidatesFor(parseFragment(textOf('eyevinn')), [credentials]), [host], 'component 0, sent twice');
  t.match(parseFragment(textOf('candidates-alone')), { session: { candidates: { length: 2 } }, sections: [] });
  t.match(parseFragment(textOf('medooze-firefox')).sections, [{ candidates: { length: 1 } }]);
  t.end();
});

t.test('each of them belongs to the session of its offer', t => {
  for (const { name, text } of recorded)
    t.ok(candidatesFor(parseFragment(text), [credentials])?.length, `${name} has candidates`);
  t.end();
});

t.test('line ends, empty lines and lines unrelated to ICE do not matter', t => {
  const text = textOf('medooze-whip');
  const expected = parseFragment(text);
  t.strictSame(parseFragment(text.replaceAll('\r\n', '\n')), expected, 'LF');
  t.strictSame(parseFragment(text.trimEnd()), expected, 'no last line end');
  t.strictSame(parseFragment(`${text}\r\n\r\n`), expected, 'empty lines behind');
  t.strictSame(parseFragment(`\r\n${text.replaceAll('\r\n', '\r\n\r\n')}`), expected, 'empty lines between');
  t.strictSame(parseFragment(`v=0\r\nc=IN IP4 0.0.0.0\r\na=ice-lite\r\na=x-new:1\r\n${text}`), expected, 'more');
  t.end();
});

t.test('candidates that no session can use are silently left out', t => {
  for (const unusable of [
    '',
    'nonsense',
    '1 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active',
    '1 2 udp 2122260222 192.0.2.1 61765 typ host',
    '1 1 udp 2122260223 192.0.2.1 0 typ host',
    '1 1 udp 2122260223 192.0.2.1 65536 typ host',
    '1 1 udp 2122260223 192.0.2.1 61764 typ other',
    '1 1 udp 2122260223 4f8d1c5e-3a9b-4f0e-9f3e-0a1b2c3d4e5f.local 61764 typ host',
  ]) {
    const { session } = parseFragment(`a=candidate:${unusable}\r\na=candidate:${host}\r\n`);
    t.strictSame(session.candidates, [host], unusable || 'an empty one');
  }
  t.end();
});

t.test('an invalid fragment is rejected with the reason', t => {
  const cases: [string, RegExp][] = [
    ['', /empty/],
    ['\r\n\r\n', /empty/],
    ['{"candidate":"1 1 udp"}', /line 1/],
    ['a=mid:0\r\ncandidate:1 1 udp', /line 2/],
    ['a=mid:0\r\n a=mid:1', /line 2/],
    ['A=mid:0', /line 1/],
    ['a=mid:0\0', /line 1/],
    ['a=mid:0\ra=mid:1', /line 1/],
    ['a=mid:two words', /mid in line 1/],
    ['a=mid:', /mid in line 1/],
    ['m=\r\n', /m-line/],
    ['m=video', /m-line/],
    ['a=ice-ufrag:abc', /ufrag in line 1/],
    ['a=ice-ufrag:ab cd', /ufrag in line 1/],
    [`a=ice-ufrag:${'a'.repeat(257)}`, /ufrag in line 1/],
    ['a=ice-pwd:short', /pwd in line 1/],
    [`${'m=video 9 RTP/AVP 0\r\n'.repeat(33)}`, /32 sections/],
    [`a=x:${'y'.repeat(MAX_FRAGMENT)}`, /longer/],
  ];
  for (const [text, words] of cases) {
    try {
      parseFragment(text);
      t.fail(`${JSON.stringify(text.slice(0, 40))} was read`);
    } catch (error) {
      t.ok(error instanceof SdpFragmentError);
      t.match(error, { code: 'invalid-sdpfrag', message: words, remedy: /a=candidate/ });
    }
  }
  t.end();
});

t.test('only new credentials request an ICE restart', t => {
  const known = [credentials, { ufrag: 'video', pwd: 'v'.repeat(24) }];
  const of = (...lines: string[]) => candidatesFor(parseFragment(lines.join('\n')), known);
  const line = `a=candidate:${host}`;
  t.strictSame(of(`a=ice-ufrag:${credentials.ufrag}`, `a=ice-pwd:${credentials.pwd}`, line), [host]);
  t.strictSame(of('a=ice-ufrag:video', line), [host], 'of another section of the same offer, as in Firefox');
  t.strictSame(of(line), [host], 'without credentials');
  t.strictSame(of('a=end-of-candidates'), []);
  t.equal(of('a=ice-ufrag:0ther', line), null);
  t.equal(of('a=ice-ufrag:0ther', `a=ice-pwd:${'o'.repeat(24)}`), null, 'without candidates');
  t.equal(
    of(`a=ice-ufrag:${credentials.ufrag}`, `a=ice-pwd:${'v'.repeat(24)}`, line),
    null,
    'of two pairs a half each',
  );
  t.equal(of('m=video 9 RTP/AVP 0', 'a=ice-ufrag:0ther', line), null, 'inside the section');
  t.strictSame(
    of('m=audio 9 RTP/AVP 0', 'a=ice-ufrag:0ther', line, 'm=video 9 RTP/AVP 0', 'a=ice-ufrag:video', 'a=mid:1'),
    [],
    'only the known section counts',
  );
  t.end();
});

t.test('an offer may have a pair for each section', t => {
  t.strictSame(credentialsIn('v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:p\r\nm=video 9\r\na=mid:0\r\n'), [
    { ufrag: 'abcd', pwd: 'p' },
  ]);
  const two = 'v=0\r\nm=audio 9\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\nm=video 9\r\na=ice-ufrag:c\r\na=ice-pwd:d\r\n';
  t.strictSame(credentialsIn(two), [
    { ufrag: 'a', pwd: 'b' },
    { ufrag: 'c', pwd: 'd' },
  ]);
  t.strictSame(credentialsIn(two.replace(':c', ':a').replace(':d', ':b')).length, 1, 'the same pair once');
  t.strictSame(credentialsIn('v=0'), []);
  t.end();
});

const iceChar = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEF0123456789+/');
const word = (min: number, max: number) => fc.string({ unit: iceChar, minLength: min, maxLength: max });
const candidate = fc
  .tuple(
    word(1, 32),
    fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    fc.nat({ max: 255 }).chain(n => fc.constantFrom(`192.0.2.${n}`, `2001:db8::${n.toString(16)}`)),
    fc.integer({ min: 1, max: 65_535 }),
    fc.constantFrom('host', 'srflx raddr 192.0.2.8 rport 0', 'prflx', 'relay raddr 192.0.2.9 rport 9'),
  )
  .map(([foundation, priority, ip, port, type]) => `${foundation} 1 UDP ${priority} ${ip} ${port} typ ${type}`);
const update = {
  ufrag: fc.option(word(4, 32)),
  pwd: fc.option(word(22, 32)),
  candidates: fc.array(candidate, { maxLength: 6 }),
  endOfCandidates: fc.boolean(),
};
const section = fc.record({
  kind: fc.constantFrom('audio', 'video', 'application'),
  mid: fc.option(fc.string({ unit: fc.constantFrom(...'abz09._-'), minLength: 1, maxLength: 8 })),
  ...update,
});
const fragments: fc.Arbitrary<SdpFragment> = fc
  .record({ session: fc.record(update), sections: fc.array(section, { maxLength: 5 }) })
  .filter(fragment => formatFragment(fragment) !== '');

t.test('a written fragment parses to the same', t => {
  fc.assert(
    fc.property(fragments, fragment => {
      // Not strictSame: each shrinking step would count as a failure of its own.
      deepStrictEqual(parseFragment(formatFragment(fragment)), JSON.parse(JSON.stringify(fragment)));
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test('10,000 mutated fragments: each is parsed, or rejected with its own error', t => {
  const mutation = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat({ max: 30 }),
    insert: fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('\r\n', '\n', 'a=', 'm=', ':', '\0', 'a=mid:', '€')),
  });
  let read = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...recorded),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      ({ text }, mutations) => {
        let mutated = text;
        for (const { at, length, insert } of mutations) {
          const from = Math.floor(at * mutated.length);
          mutated = mutated.slice(0, from) + insert + mutated.slice(from + length);
        }
        try {
          const fragment = parseFragment(mutated);
          read++;
          // For any input: candidates that are passed on have the checked form, and are at most a line.
          for (const value of candidatesFor(fragment, [credentials]) ?? [])
            if (!/^[\w+/.:-]+( [\w+/.:-]+)+$/.test(value)) throw new Error(value);
          if (JSON.stringify(parseFragment(formatFragment(fragment) || 'a=\n')) !== JSON.stringify(fragment))
            throw new Error('not the same after parsing');
        } catch (error) {
          if (!(error instanceof SdpFragmentError)) throw error;
          refused++;
        }
      },
    ),
    { numRuns: 10_000 },
  );
  t.ok(read > 500 && refused > 1_000, `${read} read, ${refused} refused`);
  t.end();
});

t.test('long lines are parsed quickly', t => {
  for (const text of [
    `a=candidate:${'1 '.repeat(8_000)}`,
    `a=candidate:1 1 udp 1 ${'a'.repeat(16_000)}`,
    `a=mid:${'a'.repeat(16_000)}`,
    'a=\n'.repeat(5_000),
    `a=${' '.repeat(16_000)}x`,
  ])
    try {
      parseFragment(text);
    } catch (error) {
      t.ok(error instanceof SdpFragmentError);
    }
  t.end();
});
