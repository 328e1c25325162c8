import fc from 'fast-check';
import t from 'tap';
import { AnswerError, answerForWebrtcbin } from '../../src/protocol/answer-for-webrtcbin.js';
import { readFixture, readOffer } from '../helpers/fixtures.js';
import { changed, changes } from '../helpers/mutated-offer.js';
import { edited } from '../helpers/negotiation.js';
import { strangeReceivedLines } from '../helpers/written-sdp.js';

const offer = readOffer('recv');
const SERVERS = ['webrtcbin-whep', 'aiortc-whep', 'janus-whep', 'mediamtx', 'go2rtc'];
const answers = new Map(SERVERS.map(server => [server, readFixture(`answers/${server}.sdp`)]));
const answerOf = (server: string): string => answers.get(server) ?? '';
const aiortc = answerOf('aiortc-whep');
const linesOf = (text: string, pattern: RegExp): string[] => text.split('\r\n').filter(line => pattern.test(line));
const taken = (answer: string): string => answerForWebrtcbin(answer, offer);

/** The error with which an answer is rejected; fails if it is not. */
function errorOf(answer: string): AnswerError {
  try {
    taken(answer);
  } catch (error) {
    if (error instanceof AnswerError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

t.test('the answer of aiortc as passed to webrtcbin', t => {
  t.strictSame(taken(aiortc).split('\r\n'), [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'a=group:BUNDLE video0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:odkt',
    'a=ice-pwd:vPvMX8ziwnu8zKroEeZvjX',
    'a=fingerprint:sha-256 DA:05:9F:E7:9C:1F:37:B6:93:D8:9B:19:24:05:9B:03:D2:05:A3:F5:EF:CB:DE:01:4E:70:95:89:2F:37:1A:01',
    'a=setup:active',
    'a=mid:video0',
    'a=sendonly',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    'a=rtpmap:96 H264/90000',
    'a=rtcp-fb:96 nack',
    'a=rtcp-fb:96 nack pli',
    'a=fmtp:96 packetization-mode=1;level-asymmetry-allowed=1;profile-level-id=42e01f',
    'a=rtpmap:97 rtx/90000',
    'a=fmtp:97 apt=96',
    'a=ssrc-group:FID 626698238 2414264675',
    'a=ssrc:626698238 cname:publisher',
    'a=ssrc:2414264675 cname:publisher',
    // aiortc writes "udp".
    'a=candidate:f957a2332b1715da3b0ef8ba684454eb 1 UDP 2130706431 192.0.2.2 41456 typ host',
    'a=candidate:d0bcf3d9c29a2bc887618212a1623bfa 1 UDP 2130706431 2001:db8::2 56040 typ host',
    '',
  ]);
  t.end();
});

t.test('from every server one video in H.264, with known lines only', t => {
  const formats: Record<string, string> = {
    'webrtcbin-whep': '96',
    'aiortc-whep': '96 97',
    'janus-whep': '96 97',
    mediamtx: '96',
    go2rtc: '98',
  };
  for (const server of SERVERS) {
    const sdp = taken(answerOf(server));
    t.strictSame(strangeReceivedLines(sdp), [], server);
    t.strictSame(linesOf(sdp, /^m=/), [`m=video 9 UDP/TLS/RTP/SAVPF ${formats[server]}`], server);
    t.strictSame(linesOf(sdp, /^a=(sendonly|mid|setup)/), ['a=setup:active', 'a=mid:video0', 'a=sendonly'], server);
    t.ok(linesOf(sdp, /^a=candidate:/).length >= 1, `${server}: candidates`);
    t.notMatch(linesOf(sdp, /^a=candidate:/).join(' '), /tcp/i, `${server}: none of TCP`);
  }
  t.strictSame(
    linesOf(taken(answerOf('mediamtx')), /^a=candidate:/),
    ['a=candidate:3628985204 1 UDP 2130706431 192.0.2.10 8189 typ host'],
    'none of component 2',
  );
  t.end();
});

t.test('attributes at session level, or left out', t => {
  const head = (text: string): string => edited(aiortc, 't=0 0\r\n', `t=0 0\r\n${text}`);
  for (const line of ['a=fingerprint', 'a=setup', 'a=ice-pwd', 'a=ice-ufrag.*\r\na=ice-pwd']) {
    const [found = ''] = new RegExp(`^${line}.*\r\n`, 'm').exec(aiortc) ?? [];
    t.equal(taken(head(found).replace(new RegExp(`(m=[\\s\\S]*)${found}`), '$1')), taken(aiortc), line);
  }
  t.equal(taken(edited(aiortc, 'a=mid:video0\r\n', '')), taken(aiortc), 'no mid, with one section');
  t.equal(taken(edited(aiortc, 'a=rtcp-mux\r\n', '')), taken(aiortc), 'no rtcp-mux, which was required');
  t.equal(taken(edited(aiortc, /^a=group.*\r\n/m, '')), taken(aiortc), 'no group');
  t.equal(taken(edited(aiortc, 'a=sendonly', 'a=sendrecv')), taken(aiortc), 'sendrecv');
  t.equal(taken(edited(aiortc, 'a=sendonly\r\n', '')), taken(aiortc), 'no direction, which means sendrecv');
  t.equal(taken(aiortc.replaceAll('\r\n', '\n')), taken(aiortc), 'LF');
  t.equal(taken(edited(aiortc, 'sha-256 DA:05', 'SHA-256 da:05')), taken(aiortc), 'another letter case');
  t.equal(taken(edited(aiortc, 'H264/90000', 'h264/90000')), taken(aiortc), 'of the codec too');
  t.end();
});

t.test('retransmissions only if both sides have them, and for the negotiated format', t => {
  const rtx = (text: string): boolean => /rtx|apt=/.test(taken(text));
  t.ok(rtx(aiortc));
  t.notOk(rtx(edited(aiortc, /a=rtpmap:97.*\r\n/, '')), 'not in the answer');
  t.notOk(rtx(edited(aiortc, 'rtpmap:97 rtx', 'rtpmap:97 red')), 'the number is of something else');
  const without = edited(offer, /a=rtpmap:97.*\r\na=fmtp:97.*\r\n/, '');
  t.notMatch(answerForWebrtcbin(aiortc, without), /rtx|apt=/, 'not offered');
  const other = aiortc.replaceAll(':96 ', ':98 ').replace('SAVPF 96', 'SAVPF 98').replace('apt=96', 'apt=98');
  t.notMatch(taken(other), /rtx|apt=/, 'offered for another payload type');
  t.end();
});

t.test('the first payload type of the answer that was offered is used', t => {
  const profile = /^a=fmtp:\d+ .*profile-level-id=(\w+)/m;
  const cases: [string, string, string][] = [
    ['96', '96', '42e01f'],
    ['98', '98', '4d001f'],
    ['100', '100', '64001f'],
    ['100 98 96', '100', '64001f'],
    ['96 100', '96', '42e01f'],
    ['99 98', '98', '4d001f'],
  ];
  for (const [payloads, expected, level] of cases) {
    const maps = payloads.split(' ').map(payload => `a=rtpmap:${payload} H264/90000\r\n`);
    const text = edited(
      edited(aiortc, /^m=.*(?=\r)/m, `m=video 9 UDP/TLS/RTP/SAVPF ${payloads}`),
      /a=rtpmap:96[\s\S]*apt=96\r\n/,
      maps.join(''),
    );
    const sdp = taken(text);
    t.match(sdp, `m=video 9 UDP/TLS/RTP/SAVPF ${expected}\r\n`, payloads);
    t.equal(profile.exec(sdp)?.[1], level, payloads);
  }
  t.equal(errorOf(aiortc.replaceAll('96', '120')).code, 'no-common-codec', 'one that was not offered');
  t.equal(
    errorOf(edited(aiortc, 'rtpmap:96 H264', 'rtpmap:96 VP8')).code,
    'no-common-codec',
    'the number of another codec',
  );
  t.end();
});

t.test('a server without H.264, with each way to say so', t => {
  const inactive = errorOf(readFixture('answers/webrtcbin-inactive.sdp'));
  t.equal(inactive.code, 'no-common-codec');
  t.match(inactive.message, /inactive/);
  const rejected = edited(aiortc, 'm=video 41456', 'm=video 0');
  t.equal(errorOf(rejected).code, 'no-common-codec', 'port 0');
  t.equal(errorOf(`${rejected}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`).code, 'no-common-codec', 'port 0 beside another');
  const vp8 = errorOf(edited(edited(aiortc, 'rtpmap:96 H264', 'rtpmap:96 VP8'), /a=rtpmap:97.*\r\n/, ''));
  t.equal(vp8.code, 'no-common-codec');
  t.match(vp8.message, /VP8; H\.264 was requested/);
  t.match(errorOf(aiortc.replace(/a=rtpmap.*\r\n/g, '')).message, /no codec/);
  t.end();
});

t.test('an unusable answer is rejected with the reason', t => {
  const cases: [string, string, RegExp][] = [
    ['nothing', '', /does not begin with "v=0"/],
    ['HTML', '<!doctype html><title>v=0</title>', /does not begin/],
    ['an object', '{"type":"answer","sdp":"v=0"}', /does not begin/],
    ['no section', aiortc.slice(0, aiortc.indexOf('m=')), /no section for the requested video/],
    ['sound alone', edited(aiortc, 'm=video', 'm=audio'), /no section for the requested video/],
    ['of another mid', edited(aiortc, 'a=mid:video0', 'a=mid:other'), /no section for the requested video/],
    ['recvonly', edited(aiortc, 'a=sendonly', 'a=recvonly'), /is recvonly/],
    [
      'recvonly at session level',
      edited(aiortc, /a=sendonly\r\n(a=mid)/, 'a=mid').replace('t=0 0', 't=0 0\r\na=recvonly'),
      /is recvonly/,
    ],
    ['actpass', edited(aiortc, 'a=setup:active', 'a=setup:actpass'), /actpass.*only an offer/],
    ['holdconn', edited(aiortc, 'a=setup:active', 'a=setup:holdconn'), /no a=setup/],
    ['no setup', edited(aiortc, 'a=setup:active\r\n', ''), /no a=setup/],
    ['no fingerprint', edited(aiortc, /a=fingerprint.*\r\n/, ''), /fingerprint/],
    ['a short one', edited(aiortc, ':37:1A:01', ''), /fingerprint/],
    ['of an unknown hash', edited(aiortc, 'sha-256', 'constructor'), /fingerprint/],
    ['no ufrag', edited(aiortc, /a=ice-ufrag.*\r\n/, ''), /ice-ufrag/],
    ['no password', edited(aiortc, /a=ice-pwd.*\r\n/, ''), /ice-pwd/],
    ['a short password', edited(aiortc, /a=ice-pwd.*(?=\r)/, 'a=ice-pwd:short'), /ice-pwd/],
    ['no encryption', edited(aiortc, 'UDP/TLS/RTP/SAVPF', 'RTP/AVP'), /not sent over DTLS-SRTP/],
  ];
  for (const [name, text, words] of cases) {
    const { code, message } = errorOf(text);
    t.equal(code, 'invalid-sdp', name);
    t.match(message, words, name);
    t.notMatch(message, /\p{Cc}/u, name);
  }
  t.end();
});

t.test('a huge answer is parsed quickly', t => {
  const began = performance.now();
  const formats = ' 1'.repeat(200_000);
  const maps = 'a=rtpmap:1 a/1\r\n'.repeat(30_000);
  t.equal(
    errorOf(`${edited(aiortc, 'SAVPF 96 97', `SAVPF${formats}`).replace(/a=rtpmap:9.*\r\n/g, '')}${maps}`).code,
    'no-common-codec',
  );
  t.match(taken(`${aiortc}${maps}`), 'm=video');
  const candidates = Array.from(
    { length: 20_000 },
    (_, i) => `a=candidate:${i} 1 udp 1 192.0.2.1 ${i + 1} typ host\r\n`,
  );
  const sdp = taken(aiortc + candidates.join(''));
  t.ok(linesOf(sdp, /^a=candidate/).length <= 64, 'and only so many candidates are passed on');
  t.ok(performance.now() - began < 4_000, `${Math.round(performance.now() - began)} ms`);
  t.end();
});

t.test('any answer gives an AnswerError, or an answer of known lines', t => {
  let accepted = 0;
  const RUNS = 4_000;
  const mutated = fc
    .record({ server: fc.constantFrom(...SERVERS), changes })
    .map(({ server, changes }) => ({ text: changed(answerOf(server), changes, 65_536), from: { server, changes } }));
  fc.assert(
    fc.property(mutated, ({ text }) => {
      try {
        const sdp = taken(text);
        const strange = strangeReceivedLines(sdp);
        if (strange.length > 0) throw new Error(`webrtcbin would see ${JSON.stringify(strange).slice(0, 2_000)}`);
        if (sdp.length > 16_384) throw new Error(`webrtcbin would see ${sdp.length} characters`);
        if (linesOf(sdp, /^m=/).length !== 1) throw new Error('not one section');
        accepted++;
      } catch (error) {
        if (!(error instanceof AnswerError)) throw error;
        if (error.message.length > 500) throw new Error(`an error in ${error.message.length} characters`);
        if (/\p{Cc}/u.test(error.message)) throw new Error(`control characters: ${JSON.stringify(error.message)}`);
      }
    }),
    { numRuns: RUNS },
  );
  t.ok(accepted > RUNS / 20, `enough were accepted to be significant: ${accepted}`);
  t.end();
});
