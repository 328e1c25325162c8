import fc from 'fast-check';
import t from 'tap';
import {
  formatIceServerLink,
  type IceServer,
  parseIceServerLinks,
  parseLinks,
} from '../../src/protocol/link-header.js';

t.test('the Link header of RFC 9725', async t => {
  t.equal(formatIceServerLink({ urls: 'stun:stun.example.net' }), '<stun:stun.example.net>; rel="ice-server"');
  t.equal(
    formatIceServerLink({ urls: 'turn:turn.example.net?transport=udp', username: 'user', credential: 'myPassword' }),
    '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; credential="myPassword"; credential-type="password"',
  );
});

t.test('characters that a header cannot have are not written', async t => {
  for (const bad of ['a\r\nSet-Cookie: x', 'a\0', 'ü', '\x7f', 'a\tb']) {
    t.throws(() => formatIceServerLink({ urls: 'turn:h', username: bad, credential: 'x' }), RangeError, bad);
    t.throws(() => formatIceServerLink({ urls: 'turn:h', username: 'x', credential: bad }), RangeError, bad);
  }
  for (const bad of ['turn:h>', 'turn:<h', 'turn:h\r\nX: y', 'turn:h "'])
    t.throws(() => formatIceServerLink({ urls: bad }), RangeError, bad);
});

const texts = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map(code => String.fromCharCode(code)) });
const servers = fc.oneof(
  fc.record({ urls: fc.constantFrom('stun:h', 'stun:[2001:db8::1]:1') }),
  fc.record({
    urls: fc.constantFrom('turn:h?transport=udp', 'turns:a.b:443?transport=tcp'),
    username: texts,
    credential: texts,
  }),
);

t.test('written links parse to the same, in separate lines or joined as by fetch', async () => {
  fc.assert(
    fc.property(fc.array(servers, { maxLength: 5 }), (list: IceServer[]) => {
      const lines = list.map(formatIceServerLink);
      const same = (read: IceServer[]): boolean => JSON.stringify(read) === JSON.stringify(list);
      return same(parseIceServerLinks(lines)) && same(parseIceServerLinks(lines.join(', ')));
    }),
  );
});

t.test('links of other servers', async t => {
  const cases: [string, string | string[], IceServer[]][] = [
    ['nothing', '', []],
    ['other relations', '<https://h/x>; rel="urn:ietf:params:whep:ext:core:layer", </next>; rel=next', []],
    ['no quotes, other case', '<stun:h>; REL=Ice-Server', [{ urls: 'stun:h' }]],
    ['one of several relations', '<stun:h>; rel="preload ice-server"', [{ urls: 'stun:h' }]],
    [
      'any order, no spaces',
      '<turn:h>;credential="b";username="a";rel="ice-server";credential-type="password"',
      [{ urls: 'turn:h', username: 'a', credential: 'b' }],
    ],
    [
      'commas and semicolons inside',
      '<turn:h?a,b;c>; rel="ice-server"; username="a,b;c", <stun:i>; rel="ice-server"',
      [{ urls: 'turn:h?a,b;c', username: 'a,b;c' }, { urls: 'stun:i' }],
    ],
    ['escapes', String.raw`<turn:h>; rel="ice-server"; username="a\"b\\c"`, [{ urls: 'turn:h', username: 'a"b\\c' }]],
    [
      'a parameter twice',
      '<turn:h>; rel="ice-server"; rel="next"; username="a"; username="b"',
      [{ urls: 'turn:h', username: 'a' }],
    ],
    ['an empty parameter', '<turn:h>;; rel="ice-server"; x; =y; username=', [{ urls: 'turn:h', username: '' }]],
    [
      'malformed, then well-formed',
      ['stun:h; rel="ice-server"', '<>; rel="ice-server"', '<stun:i>; rel="ice-server"'],
      [{ urls: 'stun:i' }],
    ],
    ['an open quote', '<stun:h>; rel="ice-server', []],
  ];
  for (const [name, header, expected] of cases) t.strictSame(parseIceServerLinks(header), expected, name);
});

t.test('links in general: target, relation, and parameters', async t => {
  const EVENTS = 'urn:ietf:params:whep:ext:core:server-sent-events';
  const [events, next, ...rest] = parseLinks([
    `</events>; rel="${EVENTS.toUpperCase()} other"; Events="active,inactive"`,
    '<next?a,b;c>; title="one, two; <three>", ; rel=x, <>; rel=y, nonsense',
  ]);
  t.match(events, { target: '/events', relations: [EVENTS, 'other'] });
  t.equal(events?.parameters.get('events'), 'active,inactive');
  t.match(next, { target: 'next?a,b;c', relations: [''] });
  t.equal(next?.parameters.get('title'), 'one, two; <three>');
  t.strictSame(rest, []);
  t.strictSame(parseLinks(''), []);
  const [odd] = parseLinks('<a>; __proto__=x; constructor=y; rel=z');
  t.strictSame(
    [...(odd?.parameters ?? [])],
    [
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['rel', 'z'],
    ],
  );
  const began = performance.now();
  parseLinks(`<a>; rel="${'\\"'.repeat(50_000)}`);
  parseLinks('<a>;'.repeat(20_000));
  t.ok(performance.now() - began < 1_000, 'quickly');
});

t.test('any header is parsed without an error', async () => {
  fc.assert(fc.property(fc.string(), text => Array.isArray(parseIceServerLinks(text))));
  fc.assert(
    fc.property(
      fc.stringMatching(/^[<>;,="\\ a-z-]*$/),
      text => parseIceServerLinks(`<a>; rel=ice-server; ${text}`).length >= 0,
    ),
  );
});
