import t from 'tap';
import { composeAnswer } from '../../src/protocol/answer.js';
import { parseOffer } from '../../src/protocol/offer.js';
import { readFixture, readOffer } from '../helpers/fixtures.js';

const answered = readFixture('answers/webrtcbin-1.22.sdp');
const chromium = parseOffer(readOffer('chromium-156'), 'watch');
const stream = { profileLevelId: '42c01e' };

const withType = (payloadType: number): string =>
  answered.replaceAll('108', String(payloadType)).replace(/ 109|a=(rtpmap|fmtp):109.*\r\n/g, '');
const fmtp = (answer: string): string | undefined => /^a=fmtp:\d+ .*profile-level-id=(\S+)\r$/m.exec(answer)?.[1];

t.test('the answer that a viewer gets', t => {
  t.strictSame(composeAnswer(chromium, answered, stream).split('\r\n'), [
    'v=0',
    'o=- 6872767969795307980 0 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'a=msid-semantic: WMS *',
    'm=video 9 UDP/TLS/RTP/SAVPF 108 109',
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    'a=ice-ufrag:v7kQ2m9dXzR4bT1s',
    'a=ice-pwd:hN3pYc8wLqZ6fJ0gKdVr5sTxMbE2uAiO',
    'a=fingerprint:sha-256 0A:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF',
    'a=setup:active',
    'a=mid:0',
    'a=sendonly',
    'a=rtcp-mux',
    // webrtcbin leaves these two out.
    'a=rtcp-mux-only',
    'a=rtcp-rsize',
    'a=msid:camera video',
    'a=rtpmap:108 H264/90000',
    'a=rtcp-fb:108 nack',
    'a=rtcp-fb:108 nack pli',
    'a=rtcp-fb:108 ccm fir',
    'a=rtcp-fb:108 transport-cc',
    'a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01e',
    'a=rtpmap:109 rtx/90000',
    'a=fmtp:109 apt=108',
    'a=ssrc-group:FID 1000 2000',
    'a=ssrc:1000 cname:camera',
    'a=ssrc:2000 cname:camera',
    // ffmpeg uses the first alone; no TCP, no link-local address.
    'a=candidate:1 1 UDP 2015363327 192.0.2.2 54279 typ host',
    'a=candidate:4 1 UDP 2015363583 2001:db8::2 60934 typ host',
    'a=end-of-candidates',
    '',
  ]);
  t.end();
});

t.test('origin: a session id above 2^53 is given on as it is', t => {
  const answer = composeAnswer(chromium, answered.replace('6872767969795307980', '18446744073709551615'), stream);
  t.match(answer, 'o=- 18446744073709551615 0 IN IP4');
  t.end();
});

t.test('every section of the offer is answered, in its place, and the unwanted with port 0', t => {
  const answer = composeAnswer(parseOffer(readOffer('mediamtx-reader'), 'watch'), answered, stream);
  t.strictSame(answer.match(/^m=.*(?=\r)/gm), [
    'm=video 9 UDP/TLS/RTP/SAVPF 108 109',
    'm=audio 0 UDP/TLS/RTP/SAVPF 111 63 9 0 8',
    'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
  ]);
  t.match(answer, 'a=group:BUNDLE 0\r\n', 'a rejected section is in no bundle (RFC 9143 §7.3.3)');
  const sections = answer.split(/(?=^m=)/m).slice(1);
  t.strictSame(
    sections.map(section => /^a=mid:(.*)\r$/m.exec(section)?.[1]),
    ['0', '1', '2'],
  );
  t.match(sections[1], 'a=inactive');
  t.equal(answer.match(/a=sendonly/g)?.length, 1);

  const obsLike = composeAnswer(
    parseOffer(readOffer('libdatachannel-viewer'), 'watch'),
    withType(96).replace('BUNDLE 0', 'BUNDLE 1').replace('mid:0', 'mid:1'),
    stream,
  );
  t.strictSame(obsLike.match(/^(m=|a=mid|a=group).*(?=\r)/gm), [
    'a=group:BUNDLE 1',
    'm=audio 0 UDP/TLS/RTP/SAVPF 111',
    'a=mid:0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'a=mid:1',
  ]);
  t.end();
});

t.test("profile-level-id: the profile is the offer's, the level the stream's where that is allowed", t => {
  const offer = (parameters: string): string =>
    readOffer('libdatachannel-viewer').replace(/a=fmtp:96 .*/, `a=fmtp:96 ${parameters}`);
  const cases: [string, string, string | null, string][] = [
    [
      'asymmetry: the level that is sent',
      'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
      '42c028',
      '42e028',
    ],
    ['also a lower one', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f', '42c00b', '42e00b'],
    [
      'main is offered, and stays',
      'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f',
      '42c028',
      '4d0028',
    ],
    ['no asymmetry: as offered', 'packetization-mode=1;profile-level-id=42e01f', '42c028', '42e01f'],
    [
      'asymmetry 0: as offered',
      'level-asymmetry-allowed=0;packetization-mode=1;profile-level-id=42e01f',
      '42c028',
      '42e01f',
    ],
    [
      'nothing known of the stream: as offered',
      'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
      null,
      '42e01f',
    ],
    ['not offered: Baseline, level 1', 'packetization-mode=1', '42c028', '42000a'],
  ];
  for (const [name, parameters, profileLevelId, expected] of cases)
    t.equal(
      fmtp(composeAnswer(parseOffer(offer(parameters), 'watch'), withType(96), { profileLevelId })),
      expected,
      name,
    );
  t.end();
});

t.test('retransmissions are announced only where both sides have them', t => {
  t.notMatch(composeAnswer(chromium, withType(108), stream), /rtx|109/, 'webrtcbin has none');
  const without = parseOffer(readOffer('chromium-156').replace(/a=fmtp:109.*\r\n/, ''), 'watch');
  t.notMatch(composeAnswer(without, answered, stream), /rtx|109/, 'the viewer wants none');
  t.end();
});

t.test('setup and the names that webrtcbin made up', t => {
  t.match(composeAnswer(chromium, answered.replace('setup:active', 'setup:passive'), stream), 'a=setup:passive\r\n');
  t.notMatch(composeAnswer(chromium, answered, stream), /webrtctransceiver|user1234/, 'no host name leaves the robot');
  t.end();
});

t.test('an answer that sends nothing is a failure, never an answer', t => {
  const section = answered.slice(answered.indexOf('m=video'));
  const cases: [string, string, RegExp][] = [
    ['inactive', answered.replace('a=sendonly', 'a=inactive'), /inactive instead of sendonly/],
    ['recvonly', answered.replace('a=sendonly', 'a=recvonly'), /recvonly instead of sendonly/],
    ['no direction', answered.replace('a=sendonly\r\n', ''), /instead of sendonly/],
    ['rejected', answered.replace('m=video 9', 'm=video 0'), /instead of sendonly/],
    ['no section', answered.replace(section, ''), /no section instead of sendonly/],
    ['two sections', answered + section, /instead of sendonly/],
    ['audio', answered.replace('m=video', 'm=audio'), /instead of sendonly/],
    ['nothing', '', /no section/],
  ];
  for (const [name, text, words] of cases)
    t.throws(() => composeAnswer(chromium, text, stream), { message: words }, name);
  t.end();
});

t.test('an answer of a robot with many addresses stays within what ffmpeg takes', t => {
  const many = Array.from(
    { length: 20 },
    (_, n) => `a=candidate:${n} 1 UDP ${2_015_363_327 - n} 192.0.2.${n} 54279 typ host\r\n`,
  );
  const answer = composeAnswer(
    parseOffer(readOffer('mediamtx-reader'), 'watch'),
    answered.replace('a=end-of', `${many.join('')}a=end-of`),
    stream,
  );
  t.ok(answer.length <= 8192, `${answer.length} bytes`);
  t.end();
});
