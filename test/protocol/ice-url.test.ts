import fc from 'fast-check';
import t from 'tap';
import {
  type IceUrl,
  IceUrlError,
  isHost,
  parseIceUrl,
  printForWebrtcbin,
  printIceUrl,
} from '../../src/protocol/ice-url.js';

t.test('URLs as in RFC 7064 and RFC 7065', async t => {
  const cases: [string, IceUrl, string][] = [
    ['stun:example.org', { scheme: 'stun', host: 'example.org', port: 3478, transport: 'udp' }, 'stun:example.org'],
    ['stun:h:19302', { scheme: 'stun', host: 'h', port: 19302, transport: 'udp' }, 'stun:h:19302'],
    ['stuns:h', { scheme: 'stuns', host: 'h', port: 5349, transport: 'tcp' }, 'stuns:h'],
    ['turn:h', { scheme: 'turn', host: 'h', port: 3478, transport: 'udp' }, 'turn:h?transport=udp'],
    ['TURN:h?TRANSPORT=TCP', { scheme: 'turn', host: 'h', port: 3478, transport: 'tcp' }, 'turn:h?transport=tcp'],
    [
      'turns:192.0.2.1:443',
      { scheme: 'turns', host: '192.0.2.1', port: 443, transport: 'tcp' },
      'turns:192.0.2.1:443?transport=tcp',
    ],
    [
      'turn:[2001:db8::1]:80',
      { scheme: 'turn', host: '2001:db8::1', port: 80, transport: 'udp' },
      'turn:[2001:db8::1]:80?transport=udp',
    ],
    [
      'turn:turn_1.a-b.example',
      { scheme: 'turn', host: 'turn_1.a-b.example', port: 3478, transport: 'udp' },
      'turn:turn_1.a-b.example?transport=udp',
    ],
  ];
  for (const [text, url, printed] of cases) {
    t.strictSame(parseIceUrl(text), url, text);
    t.equal(printIceUrl(url), printed);
  }
});

t.test('an invalid URL is rejected with what is required', async t => {
  const cases: [string, RegExp][] = [
    ['', /not a STUN or TURN URL; expected stun:HOST:PORT/],
    ['http://h', /not a STUN or TURN URL/],
    ['turn://h', /must not have "\/\/" after "turn:"/],
    ['turn:user:secret@h', /separate keys, "username"/],
    ['turn:', /has no valid host/],
    ['turn:a b', /has no valid host/],
    ['turn:h:port', /has no valid host/],
    ['turn:h:1:2', /has no valid host/],
    ['turn:[::1', /has no valid host/],
    ['turn:[h]', /has no valid host/],
    ['turn:2001:db8::1', /has no valid host/],
    ['turn:-h', /has no valid host/],
    ['turn:h/path', /has no valid host/],
    ['turn:h\r\nX: y', /has no valid host/],
    ['turn:h:0', /has the port 0/],
    ['turn:h:65536', /1 to 65535/],
    ['turn:h?transport=sctp', /transport=udp.*nothing else/],
    ['turn:h?transport=udp&x=1', /nothing else/],
    ['turn:h?', /nothing else/],
    ['turn:h?transport=udp?', /has no valid host/],
    ['stun:h?transport=udp', /turn: and turns: only/],
    ['turns:h?transport=udp', /use transport=tcp/],
  ];
  for (const [text, words] of cases) {
    try {
      parseIceUrl(text);
      t.fail(`${text} was taken`);
    } catch (error) {
      t.ok(error instanceof IceUrlError, text);
      t.match((error as Error).message, words, text);
      t.notMatch((error as Error).message, 'secret');
    }
  }
});

const urls = fc
  .record({
    scheme: fc.constantFrom('stun', 'stuns', 'turn', 'turns'),
    host: fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()),
    port: fc.integer({ min: 1, max: 65_535 }),
    tcp: fc.boolean(),
  })
  .map(
    ({ scheme, host, port, tcp }): IceUrl => ({
      scheme,
      host,
      port,
      transport: scheme.endsWith('s') || (scheme === 'turn' && tcp) ? 'tcp' : 'udp',
    }),
  );

t.test('a printed URL parses to the same', async () => {
  fc.assert(fc.property(urls, url => JSON.stringify(parseIceUrl(printIceUrl(url))) === JSON.stringify(url)));
});

t.test('any text is parsed, or rejected with the reason, and quickly', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 400 }), fc.stringMatching(/^turns?:[a-z.[\]:?@/-]{0,300}$/)), text => {
      try {
        const url = parseIceUrl(text);
        return isHost(url.host, url.host.includes(':'));
      } catch (error) {
        return error instanceof IceUrlError;
      }
    }),
  );
  const began = performance.now();
  isHost(`${'a'.repeat(250)}!`);
  isHost(`${'a-'.repeat(120)}!`);
  if (performance.now() - began > 1000) throw new Error('it is slow on an invalid host');
});

t.test("webrtcbin's form includes the user, with any characters", async t => {
  const turn = parseIceUrl('turn:turn.example.org:443?transport=tcp');
  t.equal(printForWebrtcbin(parseIceUrl('stun:h'), '192.0.2.1'), 'stun://192.0.2.1:3478');
  t.equal(
    printForWebrtcbin(turn, '2001:db8::1', { username: '1767225600:s-1', credential: 'a+b/c=@:!()' }),
    'turn://1767225600%3As-1:a%2Bb%2Fc%3D%40%3A%21%28%29@[2001:db8::1]:443?transport=tcp',
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ minLength: 1 }), (username, credential) => {
      const [, user = '', password = ''] =
        /^turn:\/\/([^:@/?]*):([^:@/?]*)@192\.0\.2\.1:443\?transport=tcp$/.exec(
          printForWebrtcbin(turn, '192.0.2.1', { username, credential }),
        ) ?? [];
      return decodeURIComponent(user) === username && decodeURIComponent(password) === credential;
    }),
  );
});
