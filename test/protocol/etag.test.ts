import fc from 'fast-check';
import t from 'tap';
import { ifMatch, strongEtag } from '../../src/protocol/etag.js';

t.test('If-Match, as in RFC 9110 §13.1.1 and as written by clients', t => {
  const current = strongEtag('abc');
  t.equal(current, '"abc"');
  const cases: [string | undefined, ReturnType<typeof ifMatch>, string][] = [
    [undefined, 'missing', 'no header'],
    ['"abc"', 'matches', 'the current one'],
    ['*', 'matches', 'any'],
    [' * ', 'matches', 'any, with spaces'],
    ['"*"', 'matches', 'any, as draft-ietf-wish-whep writes it'],
    ['"x", "abc"', 'matches', 'in a list'],
    ['"abc","x"', 'matches', 'in a list without spaces'],
    ['"x"\t,\t"abc"', 'matches', 'with tabs'],
    [', "abc",,', 'matches', 'in a list with empty places'],
    ['"a,b", "abc"', 'matches', 'after one with a comma in it'],
    ['"x"', 'stale', 'another one'],
    ['"x", "y"', 'stale', 'others'],
    ['"ABC"', 'stale', 'another letter case'],
    ['W/"abc"', 'stale', 'a weak one'],
    ['W/"*"', 'stale', 'a weak any'],
    ['"x", W/"abc"', 'stale', 'a weak one in a list'],
    ['"abc, "', 'stale', 'one that only holds it'],
    ['abc', 'stale', 'not an entity tag'],
    ['"abc', 'stale', 'not closed'],
    ['"abc" "x"', 'stale', 'no list'],
    ['', 'stale', 'an empty header'],
    [',,', 'stale', 'an empty list'],
  ];
  for (const [header, expected, name] of cases) t.equal(ifMatch(header, current), expected, name);
  t.end();
});

t.test('only a header that has the tag or any matches', t => {
  fc.assert(
    fc.property(fc.string(), header => {
      const found = ifMatch(header, '"the-tag"');
      return found === 'matches' ? header.includes('"the-tag"') || header.includes('*') : found === 'stale';
    }),
    { numRuns: 2_000 },
  );
  t.end();
});

t.test('a long header is parsed quickly', t => {
  for (const header of ['"x",'.repeat(4_000), ' '.repeat(16_000), `${'\t'.repeat(16_000)}"`, 'W/'.repeat(8_000)])
    t.equal(ifMatch(header, '"the-tag"'), 'stale');
  t.end();
});
