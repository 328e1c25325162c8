import t from 'tap';
import { type Offer, type OfferedCodec, type Purpose, parseOffer } from '../../src/protocol/offer.js';
import { readOffer } from '../helpers/fixtures.js';
import { audioSection, bundle, edited, errorOf, negotiate, plain, sectionsOf } from '../helpers/negotiation.js';

const chromium = readOffer('chromium-156');

/** The agreement for a camera that is sent only in H.264. */
function h264(text: string, purpose: Purpose = 'watch'): { codec: OfferedCodec; mid: string; index: number } {
  const { codec, section } = negotiate(text, purpose, H264).agreement.video;
  return { codec, mid: section.mid, index: section.index };
}
const H264 = [{ codec: 'H264', profileLevelId: '42c01f' }] as const;
const refused = (text: string) => errorOf(text, 'watch', H264);
const transportOf = (text: string): Offer['transport'] => parseOffer(text, 'watch').transport;

const allFeedback = ['goog-remb', 'transport-cc', 'ccm fir', 'nack', 'nack pli'];

t.test('the offer of each client that can watch', t => {
  const cases: Record<
    string,
    { index: number; mid: string; setup: string; codec: Partial<OfferedCodec>; profile: string }
  > = {
    // Plain Baseline comes first, constrained Baseline later; 108 and not 114, whose packetization-mode is 0.
    'chromium-156': {
      index: 0,
      mid: '0',
      setup: 'actpass',
      codec: { payloadType: 108, rtxPayloadType: 109, feedback: allFeedback },
      profile: '42e01f',
    },
    firefox: {
      index: 0,
      mid: '0',
      setup: 'actpass',
      codec: { payloadType: 126, rtxPayloadType: 127 },
      profile: '42e01f',
    },
    // High comes first, but the camera does not send it.
    safari: {
      index: 0,
      mid: '0',
      setup: 'actpass',
      codec: { payloadType: 98, rtxPayloadType: 99 },
      profile: '42e01f',
    },
    'mediamtx-reader': {
      index: 0,
      mid: '0',
      setup: 'actpass',
      codec: { payloadType: 108, rtxPayloadType: 109 },
      profile: '42e01f',
    },
    'libdatachannel-viewer': {
      index: 1,
      mid: '1',
      setup: 'actpass',
      codec: { payloadType: 96, rtxPayloadType: null, feedback: ['nack', 'nack pli', 'goog-remb'] },
      profile: '42e01f',
    },
  };
  for (const [client, { index, mid, setup, codec, profile }] of Object.entries(cases)) {
    const agreed = h264(readOffer(client));
    t.match(agreed, { index, mid, codec: { name: 'H264', ...codec } }, client);
    t.equal(agreed.codec.parameters.get('profile-level-id'), profile, client);
    t.equal(agreed.codec.parameters.get('level-asymmetry-allowed'), '1', client);
    const transport = transportOf(readOffer(client));
    t.match(transport, { setup, candidates: [] }, client);
    t.match(transport.fingerprint, { hash: 'sha-256', value: /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/ }, client);
  }
  t.strictSame(
    transportOf(readOffer('libdatachannel-viewer')).ice,
    { ufrag: 'Q2xP', pwd: 'b7F4yN9qLwZ1cT6dRk3HsV' },
    'from the session, if the section has none',
  );
  t.strictSame(
    parseOffer(readOffer('mediamtx-reader'), 'watch').sections.map(({ kind, mid }) => `${kind} ${mid}`),
    ['video 0', 'audio 1', 'application 2'],
    'unwanted sections are kept too, since they must be answered',
  );
  t.end();
});

t.test('clients that cannot watch are rejected with the reason', t => {
  t.match(refused(readOffer('firefox-no-h264')), {
    code: 'no-common-codec',
    message:
      'The camera is available in H264; the offer has VP8, VP9, AV1, ulpfec, red, with payload types from 96 to 127.',
    remedy: 'receives H264',
  });
  for (const publisher of ['obs-whip', 'ffmpeg-whip']) {
    t.match(errorOf(readOffer(publisher)), {
      code: 'invalid-sdp',
      message: 'no video section that can receive',
      remedy: /recvonly/,
    });
  }
  t.equal(transportOf(readOffer('ffmpeg-whip').replaceAll('sendonly', 'recvonly')).setup, 'passive');
  t.end();
});

t.test('an unusable offer is rejected with the reason', t => {
  const section = sectionsOf(plain);
  const cases: [string, string, string | RegExp][] = [
    ['nothing', '', 'v=0'],
    ['garbage', '\0\u{1f916}\xff{"sdp":1}', 'v=0'],
    ['JSON', JSON.stringify({ type: 'offer', sdp: plain }), 'v=0'],
    ['v=0 missing', edited(plain, /^v=0\r\n/, ''), 'v=0'],
    ['another version', edited(plain, /^v=0/, 'v=1'), 'v=0'],
    ['only v=0', 'v=0\r\n', 'no media section'],
    ['no section', edited(plain, /m=video[\s\S]*/, ''), 'no media section'],
    [
      '40 sections',
      edited(plain, /m=video[\s\S]*/, '') +
        Array.from({ length: 40 }, (_, index) => edited(section, /mid:0/, `mid:m${index}`)).join(''),
      '40 media sections',
    ],
    ['no mid', edited(plain, /a=mid:0\r\n/, ''), 'no a=mid'],
    ['empty mid', edited(plain, /a=mid:0/, 'a=mid:'), 'a=mid'],
    ['duplicate mid', plain + section, 'same a=mid'],
    ['long mid', edited(plain, /a=mid:0/, `a=mid:${'x'.repeat(65)}`), 'a=mid'],
    ['mid not ASCII', edited(plain, /a=mid:0/, 'a=mid:vidéo'), 'a=mid'],
    ['mid with markup', edited(plain, /a=mid:0/, 'a=mid:<0>'), 'a=mid'],
    ['audio only', edited(plain, /m=video/, 'm=audio'), 'no video section'],
    ['inactive', edited(plain, /a=recvonly/, 'a=inactive'), 'no video section that can receive'],
    ['port 0', edited(plain, /m=video 9/, 'm=video 0'), 'no video section that can receive'],
    ['no formats', edited(plain, /SAVPF 96/, 'SAVPF'), 'no format'],
    ['RTP in the clear', edited(plain, /UDP\/TLS\/RTP\/SAVPF/, 'RTP/AVPF'), 'DTLS-SRTP but RTP/AVPF'],
    ['no rtcp-mux', edited(plain, /a=rtcp-mux\r\n/, ''), 'a=rtcp-mux'],
    ['no ufrag', edited(plain, /a=ice-ufrag.*\r\n/, ''), 'a=ice-ufrag'],
    ['short ufrag', edited(plain, /a=ice-ufrag.*/, 'a=ice-ufrag:abc'), 'a=ice-ufrag'],
    ['huge ufrag', edited(plain, /a=ice-ufrag.*/, `a=ice-ufrag:${'x'.repeat(60_000)}`), 'a=ice-ufrag'],
    ['no pwd', edited(plain, /a=ice-pwd.*\r\n/, ''), 'a=ice-pwd'],
    ['short pwd', edited(plain, /a=ice-pwd.*/, 'a=ice-pwd:0123456789abcdefghijk'), 'a=ice-pwd'],
    ['pwd with a quote', edited(plain, /a=ice-pwd:0/, 'a=ice-pwd:"'), 'a=ice-pwd'],
    ['no fingerprint', edited(plain, /a=fingerprint.*\r\n/, ''), 'a=fingerprint'],
    ['md5', edited(plain, /sha-256 .*/, `md5 ${Array(16).fill('AB').join(':')}`), 'a=fingerprint'],
    ['cut fingerprint', edited(plain, /:AB\r\n/, '\r\n'), 'a=fingerprint'],
    ['hash named like a property', edited(plain, /sha-256/, 'constructor'), 'a=fingerprint'],
    ['endless kind', edited(edited(plain, /m=video/, `m=${'x'.repeat(60_000)}`), /a=mid:0\r\n/, ''), 'no a=mid'],
    ['m-line that is none', edited(plain, /m=video 9/, 'm=video nine'), 'names no format'],
    ['no setup', edited(plain, /a=setup.*\r\n/, ''), 'a=setup'],
    ['setup holdconn', edited(plain, /setup:actpass/, 'setup:holdconn'), 'a=setup'],
  ];
  for (const [name, offer, words] of cases) {
    const { code, message } = errorOf(offer);
    t.equal(code, 'invalid-sdp', name);
    t.match(message, words, name);
    t.ok(message.length < 200, `${name}: the message is short`);
  }
  t.end();
});

// sdp-transform turns every value that looks like a number into one.
t.test('numbers instead of words are rejected without a crash', t => {
  const cases: [string, string][] = [
    ['fingerprint', edited(plain, /a=fingerprint.*/, 'a=fingerprint:256 11')],
    ['fingerprint value', edited(plain, /a=fingerprint.*/, 'a=fingerprint:sha-256 11')],
    ['protocol', edited(plain, /UDP\/TLS\/RTP\/SAVPF/, '5')],
    ['codec', edited(plain, /H264\/90000/, '264/90000')],
    ['setup', edited(plain, /setup:actpass/, 'setup:1')],
    ['ufrag', edited(plain, /ice-ufrag.*/, 'ice-ufrag:12')],
    ['format parameters', edited(plain, /a=fmtp:96 .*/, 'a=fmtp:96 1').replace('H264', 'VP8')],
  ];
  for (const [name, offer] of cases) t.ok(refused(offer).code, name);
  const taken: [string, string][] = [
    ['format parameters', edited(plain, /a=fmtp:96 .*/, 'a=fmtp:96 1')],
    ['candidate', `${plain}a=candidate:1 1 17 1 192.0.2.1 9 typ host\r\n`],
    ['feedback', `${plain}a=rtcp-fb:96 1 2\r\n`],
    ['another codec', `${plain}a=rtpmap:97 8/90000\r\n`],
  ];
  for (const [name, offer] of taken) {
    t.match(h264(offer).codec, { payloadType: 96, feedback: [] }, name);
    t.strictSame(transportOf(offer).candidates, [], name);
  }
  t.end();
});

t.test('only payload types that the payloader supports', t => {
  const withType = (type: string): string => plain.replace(/(SAVPF |rtpmap:|fmtp:)96/g, `$1${type}`);
  for (const type of ['96', '127']) t.equal(h264(withType(type)).codec.payloadType, Number(type));
  for (const type of ['0', '35', '95', '128', '-1', 'NaN', '1e2', '99999999999999999999'])
    t.equal(refused(withType(type)).code, 'no-common-codec', type);
  const rtx = (type: string): string =>
    `${plain.replace(/^(m=video .*)$/m, `$1 ${type}`)}a=rtpmap:${type} rtx/90000\r\na=fmtp:${type} apt=96\r\n`;
  t.equal(h264(rtx('97')).codec.rtxPayloadType, 97);
  for (const type of ['35', '128']) t.equal(h264(rtx(type)).codec.rtxPayloadType, null, `rtx ${type}`);
  t.end();
});

t.test('which H.264 is chosen', t => {
  const offer = (...formats: string[]): string =>
    edited(plain, /SAVPF 96/, `SAVPF ${formats.map((_, index) => 100 + index).join(' ')}`).replace(
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
    ['letter case, spaces and order do not matter', [' Profile-Level-Id=42E01F ; packetization-mode=1'], 100],
    ['no parameter is Baseline', ['packetization-mode=1'], 100],
    ['High 4:4:4 cannot be requested', ['packetization-mode=1;profile-level-id=f4001f'], null],
    ['a profile that is none', ['packetization-mode=1;profile-level-id=42e01'], null],
  ];
  for (const [name, formats, expected] of cases) {
    if (expected === null) t.equal(refused(offer(...formats)).code, 'no-common-codec', name);
    else t.equal(h264(offer(...formats)).codec.payloadType, expected, name);
  }
  t.equal(refused(edited(plain, /H264\/90000/, 'H264/48000')).code, 'no-common-codec', 'another clock rate');
  t.end();
});

t.test('the first section that receives and has H.264 is used', t => {
  const second = edited(sectionsOf(plain), /mid:0/, 'mid:b');
  const two = (first: string): string => bundle(sectionsOf(first), second);
  t.equal(h264(two(plain)).mid, '0');
  t.equal(h264(two(edited(plain, /H264/, 'VP8'))).mid, 'b');
  t.equal(h264(two(edited(plain, /recvonly/, 'sendonly'))).index, 1);
  t.equal(h264(two(edited(plain, /m=video 9/, 'm=video 0'))).index, 1);
  t.equal(h264(edited(plain, /recvonly/, 'sendrecv')).index, 0);
  t.equal(h264(edited(plain, /a=recvonly\r\n/, '')).index, 0, 'sendrecv is the default');
  t.equal(h264(`${edited(plain, /m=video 9/, 'm=video 0')}a=bundle-only\r\n`).index, 0, 'bundle-only');
  t.end();
});

t.test('without BUNDLE only the first usable video section is used: each has its own transport', t => {
  const second = edited(sectionsOf(plain), /mid:0/, 'mid:b');
  const offer = parseOffer(plain + second + audioSection, 'watch');
  t.strictSame(
    offer.video.map(({ mid }) => mid),
    ['0'],
  );
  t.strictSame(offer.audio, []);
  t.strictSame(offer.bundle, []);
  t.equal(h264(edited(plain, /recvonly/, 'sendonly') + second).mid, 'b', 'one that only sends is not usable');
  t.equal(refused(edited(plain, /H264/, 'VP8') + second).code, 'no-common-codec');
  const others = edited(
    plain + second + audioSection,
    't=0 0\r\n',
    't=0 0\r\na=group:BUNDLE b a\r\na=group:LS 0 a\r\n',
  );
  t.strictSame(parseOffer(others, 'watch').audio, [], 'a BUNDLE group of others, or an invalid group');
  t.end();
});

t.test('only sections with the direction of the purpose are used', t => {
  const read = (text: string, purpose: Purpose): string[] => {
    const { video, audio } = parseOffer(text, purpose);
    return [...video, ...audio].map(({ mid }) => mid);
  };
  const directions = (video: string, audio: string): string =>
    bundle(audioSection.replace('recvonly', audio), sectionsOf(plain).replace('recvonly', video));
  t.strictSame(read(directions('recvonly', 'recvonly'), 'watch'), ['0', 'a']);
  t.strictSame(read(directions('recvonly', 'sendonly'), 'watch'), ['0']);
  t.strictSame(read(directions('sendrecv', 'sendrecv'), 'watch'), ['0', 'a']);
  t.strictSame(read(directions('sendonly', 'sendonly'), 'publish'), ['0', 'a']);
  t.strictSame(read(directions('sendrecv', 'inactive'), 'publish'), ['0']);
  t.strictSame(read(directions('sendrecv', 'recvonly'), 'publish'), ['0']);
  t.match(errorOf(plain, 'publish'), {
    code: 'invalid-sdp',
    message: 'no video section that can send',
    remedy: 'sendonly',
  });
  t.match(errorOf(directions('inactive', 'sendonly'), 'publish').message, 'no video section that can send');
  t.end();
});

t.test('the offers of known publishers', t => {
  for (const [client, payloadType, audio, setup] of [
    ['obs-whip', 96, 111, 'actpass'],
    ['ffmpeg-whip', 106, 111, 'passive'],
  ] as const) {
    const { offer, agreement } = negotiate(readOffer(client), 'publish');
    t.equal(agreement.video.codec.payloadType, payloadType, client);
    t.match(agreement.audio, { section: { index: 0, mid: '0' }, codec: { name: 'OPUS', payloadType: audio } }, client);
    t.equal(offer.transport.setup, setup, client);
    t.strictSame(offer.bundle, ['0', '1'], client);
  }
  t.end();
});

t.test('a bundle-only section has no lines of a transport: the one that carries it has (RFC 9143 §7.1.3)', t => {
  const own = /^a=(ice-ufrag|ice-pwd|fingerprint|setup|rtcp-mux).*\r\n/gm;
  const video = `${sectionsOf(plain).replace(own, '').replace('m=video 9', 'm=video 0')}a=bundle-only\r\n`;
  const candidate = '1 1 UDP 2015363327 192.0.2.2 54279 typ host';
  const { transport, video: sections } = parseOffer(
    bundle(`${audioSection}a=candidate:${candidate}\r\n`, video),
    'watch',
  );
  t.match(transport, { ice: { ufrag: 'audio' }, setup: 'actpass', candidates: [candidate] });
  t.match(sections, [{ mid: '0', bundleOnly: true }]);
  t.match(
    refused(`${edited(plain.slice(0, plain.indexOf('m=')), 't=0 0\r\n', 't=0 0\r\na=group:BUNDLE 0\r\n')}${video}`),
    {
      code: 'invalid-sdp',
      message: 'a=rtcp-mux',
    },
  );
  t.end();
});

t.test('an unusable section beside the first video section is ignored', t => {
  const broken: [string, string][] = [
    ['RTP in the clear', edited(audioSection, 'UDP/TLS/RTP/SAVPF', 'RTP/AVP')],
    ['a fingerprint that is none', edited(audioSection, /sha-256 .*/, 'sha-256 AB')],
    ['a short password', edited(audioSection, /ice-pwd.*/, 'ice-pwd:short')],
    ['port 0', edited(audioSection, 'm=audio 9', 'm=audio 0')],
    ['another clock rate', edited(audioSection, 'opus/48000', 'opus/16000')],
    ['a video codec', edited(audioSection, 'opus/48000/2', 'VP8/90000')],
  ];
  for (const [name, section] of broken) {
    const { agreement, offer } = negotiate(bundle(sectionsOf(plain), section));
    t.equal(agreement.audio, null, name);
    t.equal(agreement.video.section.mid, '0', name);
    t.equal(offer.sections.length, 2, `${name}: it is still answered`);
  }
  t.end();
});

t.test('Opus in any letter case; its payload type is not one of the video', t => {
  const sound = (section: string): unknown => negotiate(bundle(sectionsOf(plain), section)).agreement.audio?.codec.name;
  t.equal(sound(audioSection), 'OPUS');
  t.equal(sound(edited(audioSection, 'opus', 'OPUS')), 'OPUS');
  t.equal(sound(audioSection.replaceAll('111', '96')), undefined, 'in a BUNDLE group a payload type is unique');
  t.equal(sound(audioSection.replaceAll('111', '63')), undefined, 'the payloader does not support it');
  t.end();
});

const TRANSPORT_CC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';

t.test('header extensions: the supported ones, with ids that fit into a one-byte header', t => {
  const read = (...lines: string[]): unknown =>
    parseOffer(plain + lines.map(line => `a=extmap:${line}\r\n`).join(''), 'watch').video[0]?.extensions;
  t.strictSame(read(`3 ${TRANSPORT_CC}`, `4 ${MID}`), [
    { id: 3, uri: TRANSPORT_CC },
    { id: 4, uri: MID },
  ]);
  t.strictSame(read(`14/recvonly ${MID}`), [{ id: 14, uri: MID }]);
  const none = ['0 ', '15 ', '256 ', `${'0'.repeat(5_000)}4 `, '3 urn:'].map(start => start + TRANSPORT_CC);
  for (const line of [...none, `3 ${MID}0`, '3 urn:3gpp:video-orientation'])
    t.strictSame(read(line), [], line.slice(0, 40));
  t.strictSame(read(`15 ${MID}`, `2 ${MID}`), [{ id: 2, uri: MID }], 'the first that can be used');
  t.strictSame(read(`2 ${MID}`, `2 ${TRANSPORT_CC}`, `3 ${MID}`), [{ id: 2, uri: MID }], 'an id is unique');
  t.strictSame(read(), []);
  t.end();
});

t.test('the SSRCs of a publisher, and their pairs for retransmissions', t => {
  const read = (...lines: string[]) => {
    const { ssrcs, rtxGroups } = parseOffer(`${plain}${lines.join('\r\n')}\r\n`, 'watch').video[0] ?? {};
    return { ssrcs, rtxGroups };
  };
  const two = ['a=ssrc:1 cname:x', 'a=ssrc:1 msid:a b', 'a=ssrc:4294967295 cname:x'];
  t.strictSame(read(...two, 'a=ssrc-group:FID 1 4294967295'), {
    ssrcs: [1, 4_294_967_295],
    rtxGroups: [[1, 4_294_967_295]],
  });
  for (const none of ['FID 1 2', 'FID 1 1', 'FID 1', 'FID 1 4294967295 3', 'SIM 1 4294967295', 'FID x y', 'FID '])
    t.strictSame(read(...two, `a=ssrc-group:${none}`).rtxGroups, [], none);
  for (const none of ['0', '4294967296', '-1', 'x', '1e3', ''])
    t.strictSame(read(`a=ssrc:${none} cname:x`).ssrcs, [], none);
  const many = Array.from({ length: 100 }, (_, n) => `a=ssrc:${n + 1} cname:x`);
  t.equal(read(...many).ssrcs?.length, 8);
  const pairs = ['FID 1 2', 'FID 1 2', 'FID 1 3', 'FID 2 1', 'FID 3 4'].map(pair => `a=ssrc-group:${pair}`);
  t.strictSame(
    read(...many, ...pairs).rtxGroups,
    [
      [1, 2],
      [3, 4],
    ],
    'each is in one',
  );
  t.end();
});

t.test('of duplicate lines the first counts', t => {
  const again = `${plain}a=rtpmap:96 VP8/90000\r\na=fmtp:96 profile-level-id=640c1f\r\n`;
  const { codecs } = parseOffer(again, 'watch').video[0] ?? {};
  t.strictSame(
    codecs?.map(({ name, parameters }) => [name, parameters.get('profile-level-id')]),
    [['H264', '42e01f']],
  );
  t.end();
});

// Comparing each format with every other, and with each number of the m-line, exceeds the test's time limit.
t.test('an offer of 64 KiB that is crafted to be slow is parsed quickly', t => {
  const lines = (count: number, line: string): string => `${line}\r\n`.repeat(count);
  const hard =
    edited(plain, /SAVPF 96/, `SAVPF 96 97 ${'9 '.repeat(8_000)}98`) +
    lines(700, 'a=rtpmap:96 H264/90000') +
    lines(700, 'a=rtpmap:97 rtx/90000') +
    lines(500, 'a=fmtp:97 apt=1');
  t.equal(h264(hard).codec.rtxPayloadType, null);
  t.end();
});

t.test('a direction at session level applies to sections without their own (RFC 8866 §6.7)', t => {
  const bySession = edited(edited(plain, /a=recvonly\r\n/, ''), /t=0 0\r\n/, 't=0 0\r\na=sendonly\r\n');
  t.match(errorOf(bySession).message, 'no video section that can receive');
  t.end();
});

t.test('candidates that libnice can use are kept, without any other attributes', t => {
  const good = [
    '1467250027 1 udp 2122260223 192.0.2.3 46243 typ host generation 0 network-id 1',
    '2 1 UDP 1686052607 198.51.100.4 46243 typ srflx raddr 192.0.2.3 rport 46243',
    '3 1 udp 2122260223 2001:db8::1 46243 typ host',
  ];
  const bad = [
    '4 1 udp 2122260223 0f3b1c1e-4a37-41b2-9d42-d2e0d3d2a111.local 46243 typ host',
    '5 1 tcp 1518280447 192.0.2.3 9 typ host tcptype active',
    '6 2 udp 2122260222 192.0.2.3 46244 typ host',
    '7 1 udp 99999999999 192.0.2.3 46244 typ host',
    '8 1 udp 1 192.0.2.3;rm 46244 typ host',
    '9 1 udp 1 192.0.2.3 46244 typ nonsense',
    'ä 1 udp 1 192.0.2.3 46244 typ host',
    '',
  ];
  const offer = plain + [...bad, ...good].map(candidate => `a=candidate:${candidate}\r\n`).join('');
  t.strictSame(transportOf(offer).candidates, [
    '1467250027 1 UDP 2122260223 192.0.2.3 46243 typ host',
    '2 1 UDP 1686052607 198.51.100.4 46243 typ srflx raddr 192.0.2.3 rport 46243',
    '3 1 UDP 2122260223 2001:db8::1 46243 typ host',
  ]);
  t.equal(transportOf(plain + `a=candidate:${good[0]}\r\n`.repeat(500)).candidates.length, 1, 'each once');
  const flood = Array.from({ length: 500 }, (_, n) => `a=candidate:${n} 1 udp 1 192.0.2.3 ${n + 1} typ host\r\n`);
  t.equal(transportOf(plain + flood.join('')).candidates.length, 64);
  t.end();
});

t.test('candidates of another section are those of the same agent, or of none', t => {
  const candidate = (n: number): string => `a=candidate:${n} 1 UDP 1 192.0.2.${n} 9 typ host\r\n`;
  const video = sectionsOf(plain) + candidate(1);
  const candidates = (audio: string): readonly string[] =>
    transportOf(bundle(audio + candidate(2), video)).candidates.map(line => line.slice(0, 1));
  t.strictSame(candidates(audioSection), ['1'], 'other credentials');
  t.strictSame(candidates(edited(audioSection, 'ufrag:audio', 'ufrag:abcd')), ['1', '2'], 'the same');
  t.end();
});

t.test('line ends: a lone LF is accepted too; a bare CR within a value ends it', t => {
  t.equal(h264(chromium.replaceAll('\r\n', '\n')).codec.payloadType, 108);
  t.match(h264(edited(plain, /a=mid:0/, 'a=mid:0\ra=injected:1')), { mid: '0' });
  t.match(transportOf(edited(plain, /ufrag:abcd/, 'ufrag:abcd\rinjected')).ice, { ufrag: 'abcd' });
  t.end();
});
