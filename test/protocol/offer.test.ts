import t from 'tap';
import { type H264Codec, OfferError, parseOffer } from '../../src/protocol/offer.js';
import { readOffer } from '../helpers/fixtures.js';

const chromium = readOffer('chromium-156');
/** One video section, without anything that could be left out. */
const plain = [
  'v=0',
  'o=- 1 1 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789abcdefghijkl',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=recvonly',
  'a=rtcp-mux',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  '',
].join('\r\n');

/** The offer with what a pattern finds put otherwise; fails if it finds nothing. */
function but(offer: string, pattern: RegExp, replacement: string): string {
  const changed = offer.replace(pattern, replacement);
  if (changed === offer) throw new Error(`${pattern} finds nothing`);
  return changed;
}

function errorOf(offer: string): OfferError {
  try {
    parseOffer(offer, 'watch');
  } catch (error) {
    if (error instanceof OfferError) return error;
    throw error;
  }
  throw new Error('the offer was taken');
}

const allFeedback = ['goog-remb', 'transport-cc', 'ccm fir', 'nack', 'nack pli'];

t.test('what is read of each client that can watch', t => {
  const cases: Record<string, { index: number; mid: string; setup: string; codec: Partial<H264Codec> }> = {
    // Plain Baseline stands first, constrained Baseline later; 108 and not 114, whose packetization-mode is 0.
    'chromium-156': {
      index: 0,
      mid: '0',
      setup: 'actpass',
      codec: {
        payloadType: 108,
        profileLevelId: '42e01f',
        levelAsymmetry: true,
        rtxPayloadType: 109,
        feedback: allFeedback,
      },
    },
    firefox: {
      index: 0,
      mid: '0',
      setup: 'actpass',
      codec: { payloadType: 126, profileLevelId: '42e01f', levelAsymmetry: true, rtxPayloadType: 127 },
    },
    // High stands first, and is not what the camera sends.
    safari: {
      index: 0,
      mid: '0',
      setup: 'actpass',
      codec: { payloadType: 98, profileLevelId: '42e01f', rtxPayloadType: 99 },
    },
    'mediamtx-reader': { index: 0, mid: '0', setup: 'actpass', codec: { payloadType: 108, rtxPayloadType: 109 } },
    'libdatachannel-viewer': {
      index: 1,
      mid: '1',
      setup: 'actpass',
      codec: { payloadType: 96, rtxPayloadType: null, feedback: ['nack', 'nack pli', 'goog-remb'] },
    },
  };
  for (const [client, expected] of Object.entries(cases)) {
    const { video } = parseOffer(readOffer(client), 'watch');
    t.match(video, { ...expected, candidates: [] }, client);
    t.match(video.fingerprint, { hash: 'sha-256', value: /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/ }, client);
  }
  t.strictSame(
    parseOffer(readOffer('libdatachannel-viewer'), 'watch').video.ice,
    { ufrag: 'Q2xP', pwd: 'b7F4yN9qLwZ1cT6dRk3HsV' },
    'from the session, where the section has none',
  );
  t.strictSame(
    parseOffer(readOffer('mediamtx-reader'), 'watch').sections.map(({ kind, mid }) => `${kind} ${mid}`),
    ['video 0', 'audio 1', 'application 2'],
    'what is not wanted is remembered too, since it has to be answered',
  );
  t.end();
});

t.test('clients that cannot watch are told why', t => {
  t.match(errorOf(readOffer('firefox-no-h264')), {
    code: 'no-common-codec',
    message: 'it has VP8, VP9, AV1, ulpfec, red.',
    remedy: /H\.264/,
  });
  for (const publisher of ['obs-whip', 'ffmpeg-whip']) {
    t.match(errorOf(readOffer(publisher)), {
      code: 'invalid-sdp',
      message: 'no video section that can receive',
      remedy: /recvonly/,
    });
  }
  t.equal(parseOffer(readOffer('ffmpeg-whip').replaceAll('sendonly', 'recvonly'), 'watch').video.setup, 'passive');
  t.end();
});

t.test('an offer that cannot be used says what is wrong with it', t => {
  const section = but(plain, /^v=0[\s\S]*?(?=m=video)/, '');
  const cases: [string, string, string | RegExp][] = [
    ['nothing', '', 'v=0'],
    ['garbage', '\0\u{1f916}\xff{"sdp":1}', 'v=0'],
    ['JSON', JSON.stringify({ type: 'offer', sdp: plain }), 'v=0'],
    ['v=0 missing', but(plain, /^v=0\r\n/, ''), 'v=0'],
    ['another version', but(plain, /^v=0/, 'v=1'), 'v=0'],
    ['only v=0', 'v=0\r\n', 'no media section'],
    ['no section', but(plain, /m=video[\s\S]*/, ''), 'no media section'],
    [
      '40 sections',
      but(plain, /m=video[\s\S]*/, '') +
        Array.from({ length: 40 }, (_, index) => but(section, /mid:0/, `mid:m${index}`)).join(''),
      '40 media sections',
    ],
    ['no mid', but(plain, /a=mid:0\r\n/, ''), 'no a=mid'],
    ['empty mid', but(plain, /a=mid:0/, 'a=mid:'), 'a=mid'],
    ['duplicate mid', plain + section, 'same a=mid'],
    ['long mid', but(plain, /a=mid:0/, `a=mid:${'x'.repeat(65)}`), 'a=mid'],
    ['mid not ASCII', but(plain, /a=mid:0/, 'a=mid:vidéo'), 'a=mid'],
    ['mid with markup', but(plain, /a=mid:0/, 'a=mid:<0>'), 'a=mid'],
    ['audio only', but(plain, /m=video/, 'm=audio'), 'no video section'],
    ['inactive', but(plain, /a=recvonly/, 'a=inactive'), 'no video section that can receive'],
    ['port 0', but(plain, /m=video 9/, 'm=video 0'), 'no video section that can receive'],
    ['no formats', but(plain, /SAVPF 96/, 'SAVPF'), 'no format'],
    ['RTP in the clear', but(plain, /UDP\/TLS\/RTP\/SAVPF/, 'RTP/AVPF'), 'DTLS-SRTP but RTP/AVPF'],
    ['no rtcp-mux', but(plain, /a=rtcp-mux\r\n/, ''), 'a=rtcp-mux'],
    ['no ufrag', but(plain, /a=ice-ufrag.*\r\n/, ''), 'a=ice-ufrag'],
    ['short ufrag', but(plain, /a=ice-ufrag.*/, 'a=ice-ufrag:abc'), 'a=ice-ufrag'],
    ['huge ufrag', but(plain, /a=ice-ufrag.*/, `a=ice-ufrag:${'x'.repeat(60_000)}`), 'a=ice-ufrag'],
    ['no pwd', but(plain, /a=ice-pwd.*\r\n/, ''), 'a=ice-pwd'],
    ['short pwd', but(plain, /a=ice-pwd.*/, 'a=ice-pwd:0123456789abcdefghijk'), 'a=ice-pwd'],
    ['pwd with a quote', but(plain, /a=ice-pwd:0/, 'a=ice-pwd:"'), 'a=ice-pwd'],
    ['no fingerprint', but(plain, /a=fingerprint.*\r\n/, ''), 'a=fingerprint'],
    ['md5', but(plain, /sha-256 .*/, `md5 ${Array(16).fill('AB').join(':')}`), 'a=fingerprint'],
    ['cut fingerprint', but(plain, /:AB\r\n/, '\r\n'), 'a=fingerprint'],
    ['hash named like a property', but(plain, /sha-256/, 'constructor'), 'a=fingerprint'],
    ['no setup', but(plain, /a=setup.*\r\n/, ''), 'a=setup'],
    ['setup holdconn', but(plain, /setup:actpass/, 'setup:holdconn'), 'a=setup'],
  ];
  for (const [name, offer, words] of cases) {
    const { code, message } = errorOf(offer);
    t.equal(code, 'invalid-sdp', name);
    t.match(message, words, name);
    t.ok(message.length < 200, `${name}: the message repeats no endless text`);
  }
  t.end();
});

// sdp-transform turns every value that looks like a number into one.
t.test('numbers where words belong are refused, not tripped over', t => {
  const cases: [string, string][] = [
    ['fingerprint', but(plain, /a=fingerprint.*/, 'a=fingerprint:256 11')],
    ['fingerprint value', but(plain, /a=fingerprint.*/, 'a=fingerprint:sha-256 11')],
    ['protocol', but(plain, /UDP\/TLS\/RTP\/SAVPF/, '5')],
    ['codec', but(plain, /H264\/90000/, '264/90000')],
    ['setup', but(plain, /setup:actpass/, 'setup:1')],
    ['ufrag', but(plain, /ice-ufrag.*/, 'ice-ufrag:12')],
    ['format parameters', but(plain, /a=fmtp:96 .*/, 'a=fmtp:96 1').replace('H264', 'VP8')],
  ];
  for (const [name, offer] of cases) t.ok(errorOf(offer).code, name);
  const taken: [string, string][] = [
    ['format parameters', but(plain, /a=fmtp:96 .*/, 'a=fmtp:96 1')],
    ['candidate', `${plain}a=candidate:1 1 17 1 192.0.2.1 9 typ host\r\n`],
    ['feedback', `${plain}a=rtcp-fb:96 1 2\r\n`],
    ['another codec', `${plain}a=rtpmap:97 8/90000\r\n`],
  ];
  for (const [name, offer] of taken)
    t.match(parseOffer(offer, 'watch').video, { candidates: [], codec: { payloadType: 96, feedback: [] } }, name);
  t.end();
});

t.test('payload types that the payloader takes, and no others', t => {
  const withType = (type: string): string => plain.replace(/(SAVPF |rtpmap:|fmtp:)96/g, `$1${type}`);
  for (const type of ['96', '127']) t.equal(parseOffer(withType(type), 'watch').video.codec.payloadType, Number(type));
  for (const type of ['0', '35', '95', '128', '-1', 'NaN', '1e2', '99999999999999999999'])
    t.equal(errorOf(withType(type)).code, 'no-common-codec', type);
  const rtx = (type: string): string =>
    `${plain.replace(/^(m=video .*)$/m, `$1 ${type}`)}a=rtpmap:${type} rtx/90000\r\na=fmtp:${type} apt=96\r\n`;
  t.equal(parseOffer(rtx('97'), 'watch').video.codec.rtxPayloadType, 97);
  for (const type of ['35', '128'])
    t.equal(parseOffer(rtx(type), 'watch').video.codec.rtxPayloadType, null, `rtx ${type}`);
  t.end();
});

t.test('which H.264 is chosen', t => {
  const offer = (...formats: string[]): string =>
    but(plain, /SAVPF 96/, `SAVPF ${formats.map((_, index) => 100 + index).join(' ')}`).replace(
      /a=rtpmap[\s\S]*/,
      formats
        .map((format, index) => `a=rtpmap:${100 + index} H264/90000\r\na=fmtp:${100 + index} ${format}\r\n`)
        .join(''),
    );
  const cases: [string, string[], number | null][] = [
    [
      'constrained baseline',
      ['packetization-mode=1;profile-level-id=42001f', 'packetization-mode=1;profile-level-id=42e01f'],
      101,
    ],
    [
      'baseline before main and high',
      [
        'packetization-mode=1;profile-level-id=640c1f',
        'packetization-mode=1;profile-level-id=4d001f',
        'packetization-mode=1;profile-level-id=42001f',
      ],
      102,
    ],
    ['mode 1 before the profile', ['profile-level-id=42e01f', 'packetization-mode=1;profile-level-id=640c1f'], 101],
    [
      'the first of equals',
      ['packetization-mode=1;profile-level-id=42e01f', 'packetization-mode=1;profile-level-id=42e034'],
      100,
    ],
    ['letters, spaces and order do not matter', [' Profile-Level-Id=42E01F ; packetization-mode=1'], 100],
    ['no parameter is Baseline', ['packetization-mode=1'], 100],
    ['High 4:4:4 cannot be asked for', ['packetization-mode=1;profile-level-id=f4001f'], null],
    ['a profile that is none', ['packetization-mode=1;profile-level-id=42e01'], null],
  ];
  for (const [name, formats, expected] of cases) {
    if (expected === null) t.equal(errorOf(offer(...formats)).code, 'no-common-codec', name);
    else t.equal(parseOffer(offer(...formats), 'watch').video.codec.payloadType, expected, name);
  }
  t.equal(errorOf(but(plain, /H264\/90000/, 'H264/48000')).code, 'no-common-codec', 'another clock rate');
  t.equal(
    parseOffer(but(plain, /fmtp:96 .*/, 'fmtp:96 packetization-mode=1'), 'watch').video.codec.profileLevelId,
    '42000a',
  );
  t.end();
});

t.test('the section that is sent to is the first that receives and has H.264', t => {
  const second = but(but(plain, /^v=0[\s\S]*?(?=m=video)/, ''), /mid:0/, 'mid:b');
  t.equal(parseOffer(plain + second, 'watch').video.mid, '0');
  t.equal(parseOffer(but(plain, /H264/, 'VP8') + second, 'watch').video.mid, 'b');
  t.equal(parseOffer(but(plain, /recvonly/, 'sendonly') + second, 'watch').video.index, 1);
  t.equal(parseOffer(but(plain, /m=video 9/, 'm=video 0') + second, 'watch').video.index, 1);
  t.equal(parseOffer(but(plain, /recvonly/, 'sendrecv'), 'watch').video.index, 0);
  t.equal(
    parseOffer(but(plain, /a=recvonly\r\n/, ''), 'watch').video.index,
    0,
    'sendrecv is what holds without a word',
  );
  t.equal(
    parseOffer(`${but(plain, /m=video 9/, 'm=video 0')}a=bundle-only\r\n`, 'watch').video.index,
    0,
    'bundle-only',
  );
  t.end();
});

t.test('a direction at session level holds for sections without their own (RFC 8866 §6.7)', t => {
  const bySession = but(but(plain, /a=recvonly\r\n/, ''), /t=0 0\r\n/, 't=0 0\r\na=sendonly\r\n');
  t.match(errorOf(bySession).message, 'no video section that can receive');
  t.end();
});

t.test('candidates that libnice can use are kept, and nothing rides in on them', t => {
  const good = [
    '1467250027 1 udp 2122260223 192.0.2.3 46243 typ host generation 0 network-id 1',
    '2 1 UDP 1686052607 198.51.100.4 46243 typ srflx raddr 192.0.2.3 rport 46243',
    '3 1 udp 2122260223 2001:db8::1 46243 typ host',
    '4 1 udp 2122260223 0f3b1c1e-4a37-41b2-9d42-d2e0d3d2a111.local 46243 typ host',
  ];
  const bad = [
    '5 1 tcp 1518280447 192.0.2.3 9 typ host tcptype active',
    '6 2 udp 2122260222 192.0.2.3 46244 typ host',
    '7 1 udp 99999999999 192.0.2.3 46244 typ host',
    '8 1 udp 1 192.0.2.3;rm 46244 typ host',
    '9 1 udp 1 192.0.2.3 46244 typ nonsense',
    'ä 1 udp 1 192.0.2.3 46244 typ host',
    '',
  ];
  const offer = plain + [...bad, ...good].map(candidate => `a=candidate:${candidate}\r\n`).join('');
  t.strictSame(parseOffer(offer, 'watch').video.candidates, [
    '1467250027 1 udp 2122260223 192.0.2.3 46243 typ host',
    '2 1 UDP 1686052607 198.51.100.4 46243 typ srflx raddr 192.0.2.3 rport 46243',
    '3 1 udp 2122260223 2001:db8::1 46243 typ host',
    '4 1 udp 2122260223 0f3b1c1e-4a37-41b2-9d42-d2e0d3d2a111.local 46243 typ host',
  ]);
  const flood = plain + `a=candidate:${good[0]}\r\n`.repeat(500);
  t.equal(parseOffer(flood, 'watch').video.candidates.length, 64);
  t.end();
});

t.test('line ends: LF alone is taken too; a bare CR within a value ends it', t => {
  t.equal(parseOffer(chromium.replaceAll('\r\n', '\n'), 'watch').video.codec.payloadType, 108);
  t.match(parseOffer(but(plain, /a=mid:0/, 'a=mid:0\ra=injected:1'), 'watch').video, { mid: '0' });
  t.match(parseOffer(but(plain, /ufrag:abcd/, 'ufrag:abcd\rinjected'), 'watch').video.ice, { ufrag: 'abcd' });
  t.end();
});
