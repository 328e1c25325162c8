import t from 'tap';
import { PUBLISHABLE } from '../../src/protocol/agreement.js';
import { composeAnswer } from '../../src/protocol/answer.js';
import type { StreamProfile, VideoCodecName } from '../../src/protocol/codecs.js';
import { type Purpose, parseOffer } from '../../src/protocol/offer.js';
import { offerForWebrtcbin } from '../../src/protocol/sdp-for-webrtcbin.js';
import { readFixture, readOffer } from '../helpers/fixtures.js';
import {
  answerTo,
  audioSection,
  bundle,
  CAMERA,
  CLIENTS,
  edited,
  negotiate,
  plain,
  sectionsOf,
} from '../helpers/negotiation.js';
import { strangeAnswerLines } from '../helpers/written-sdp.js';

const answered = readFixture('answers/webrtcbin-1.22.sdp');
const chromium = readOffer('chromium-156');
const stream = { profileLevelId: '42c01e' };

/** The answer to a video-only offer, from webrtcbin's answer. */
function compose(text: string, webrtcbin: string, profile: StreamProfile = stream): string {
  const { offer, agreement } = negotiate(text);
  return composeAnswer(offer, { ...agreement, audio: null }, webrtcbin, profile);
}

/** The answer to an offer whose every agreed section webrtcbin accepts. */
function answer(
  text: string,
  purpose: Purpose = 'watch',
  codec?: VideoCodecName,
  profile: StreamProfile = stream,
): string {
  const { offer, agreement } = negotiate(text, purpose, codec && [{ codec, profileLevelId: null }]);
  return composeAnswer(offer, agreement, answerTo(offerForWebrtcbin(offer, agreement)), profile);
}
const linesOf = (text: string, pattern: RegExp): string[] => text.split('\r\n').filter(line => pattern.test(line));
const fmtpOf = (text: string): string | undefined => linesOf(text, /^a=fmtp:\d+ (?!apt=)/)[0]?.replace(/^\S+ /, '');

const withType = (payloadType: number): string =>
  answered.replaceAll('108', String(payloadType)).replace(/ 109|a=(rtpmap|fmtp):109.*\r\n/g, '');

t.test('the answer that a viewer gets', t => {
  t.strictSame(compose(chromium, answered).split('\r\n'), [
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
    'a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42c01e',
    'a=rtpmap:109 rtx/90000',
    'a=fmtp:109 apt=108',
    'a=ssrc-group:FID 1000 2000',
    'a=ssrc:1000 cname:camera',
    'a=ssrc:2000 cname:camera',
    // ffmpeg uses only the first; no TCP, no link-local address.
    'a=candidate:1 1 UDP 2015363327 192.0.2.2 54279 typ host',
    'a=candidate:4 1 UDP 2015363583 2001:db8::2 60934 typ host',
    'a=end-of-candidates',
    '',
  ]);
  t.end();
});

t.test('origin: a session id above 2^53 is passed on unchanged', t => {
  const answer = compose(chromium, answered.replace('6872767969795307980', '18446744073709551615'));
  t.match(answer, 'o=- 18446744073709551615 0 IN IP4');
  t.end();
});

t.test('every section of the offer is answered, in order, the unwanted ones with port 0', t => {
  const answer = compose(readOffer('mediamtx-reader'), answered);
  t.strictSame(answer.match(/^m=.*(?=\r)/gm), [
    'm=video 9 UDP/TLS/RTP/SAVPF 108 109',
    // One format is enough (RFC 3264 §6).
    'm=audio 0 UDP/TLS/RTP/SAVPF 111',
    'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
  ]);
  t.match(answer, 'a=group:BUNDLE 0\r\n', 'a rejected section is in no BUNDLE group (RFC 9143 §7.3.3)');
  const sections = answer.split(/(?=^m=)/m).slice(1);
  t.strictSame(
    sections.map(section => /^a=mid:(.*)\r$/m.exec(section)?.[1]),
    ['0', '1', '2'],
  );
  t.match(sections[1], 'a=inactive');
  t.equal(answer.match(/a=sendonly/g)?.length, 1);

  const obsLike = compose(
    readOffer('libdatachannel-viewer'),
    withType(96).replace('BUNDLE 0', 'BUNDLE 1').replace('mid:0', 'mid:1'),
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

t.test('profile-level-id: that of the SPS if equivalent; its level if another one is allowed', t => {
  const asymmetric = 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=';
  const cases: [string, string, string | null, string][] = [
    ["the same profile: exactly the SPS's", `${asymmetric}42e01f`, '42c028', '42c028'],
    ['also of a lower level', `${asymmetric}42e01f`, '42c00b', '42c00b'],
    ['an equivalent one', `${asymmetric}4d801f`, '42c028', '42c028'],
    ['letter case does not matter', `${asymmetric}42E01F`, '42c01f', '42c01f'],
    ['main is offered and stays, with the level that is sent', `${asymmetric}4d001f`, '42c028', '4d0028'],
    ['Baseline likewise', `${asymmetric}42001f`, '42c028', '420028'],
    ['High likewise', `${asymmetric}640c1f`, '42c028', '640c28'],
    ['no asymmetry: as offered', 'packetization-mode=1;profile-level-id=42e01f', '42c028', '42e01f'],
    [
      'asymmetry 0: as offered',
      'level-asymmetry-allowed=0;packetization-mode=1;profile-level-id=42e01f',
      '42c028',
      '42e01f',
    ],
    ['unknown stream: as offered', `${asymmetric}42e01f`, null, '42e01f'],
    ['not offered, so nothing to be matched', 'packetization-mode=1', '42c028', '42c028'],
  ];
  for (const [name, parameters, profileLevelId, expected] of cases)
    t.match(
      fmtpOf(answer(plain.replace(/a=fmtp:96 .*/, `a=fmtp:96 ${parameters}`), 'watch', 'H264', { profileLevelId })),
      new RegExp(`;profile-level-id=${expected}$`),
      name,
    );
  t.end();
});

t.test('the packetization mode is that of the offer, by which a client identifies its format', t => {
  const mode = (parameters: string): string | undefined =>
    fmtpOf(answer(edited(plain, /a=fmtp:96 .*/, `a=fmtp:96 ${parameters}`)));
  t.match(mode('packetization-mode=1;profile-level-id=42e01f'), ';packetization-mode=1;');
  t.match(mode('packetization-mode=0;profile-level-id=42e01f'), ';packetization-mode=0;');
  t.notMatch(mode('profile-level-id=42e01f'), 'packetization-mode', 'the default is 0');
  t.end();
});

t.test('the lines of the other codecs in the answer', t => {
  const format = (rtpmap: string, parameters: string): string =>
    edited(plain, /a=rtpmap[\s\S]*/, `a=rtpmap:96 ${rtpmap}\r\n${parameters && `a=fmtp:96 ${parameters}\r\n`}`);
  const cases: [VideoCodecName, string, string | undefined][] = [
    ['VP8', 'max-fs=12288;max-fr=60', undefined],
    ['VP8', '', undefined],
    ['VP9', 'profile-id=0', 'profile-id=0'],
    ['VP9', '', undefined],
    ['AV1', 'level-idx=5;profile=0;tier=0', 'level-idx=5;profile=0;tier=0'],
    ['H265', 'level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST', 'level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST'],
    ['H265', 'level-id=93; tx-mode=SRST;bad key=1;quote="x";empty=', 'level-id=93;tx-mode=SRST'],
  ];
  for (const [codec, parameters, expected] of cases) {
    const text = answer(format(`${codec}/90000`, parameters), 'watch', codec);
    t.match(text, `a=rtpmap:96 ${codec}/90000\r\n`);
    t.equal(fmtpOf(text), expected, `${codec} ${parameters}`);
  }
  t.end();
});

t.test('audio: both sections are sent, in order, over the transport of the first in the BUNDLE group', t => {
  const text = answer(readOffer('libdatachannel-viewer'));
  t.strictSame(linesOf(text, /^(m=|a=(group|mid|send|msid:|rtpmap|candidate|end))/), [
    'a=group:BUNDLE 0 1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:0',
    'a=sendonly',
    'a=msid:camera audio',
    'a=rtpmap:111 opus/48000/2',
    'a=candidate:1 1 UDP 2015363327 192.0.2.2 54279 typ host',
    'a=candidate:4 1 UDP 2015363583 2001:db8::2 60934 typ host',
    'a=end-of-candidates',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'a=mid:1',
    'a=sendonly',
    'a=msid:camera video',
    'a=rtpmap:96 H264/90000',
  ]);
  t.match(text, 'a=fmtp:111 minptime=10;useinbandfec=1\r\n');
  const other = answer(edited(bundle(sectionsOf(plain), audioSection), 'BUNDLE 0 a', 'BUNDLE a 0'));
  t.match(other, 'a=group:BUNDLE a 0\r\n', 'the one that carries the others comes first');
  t.match(other.split('m=audio')[1], 'a=candidate', 'and has the candidates');
  t.notMatch(other.split('m=audio')[0], 'a=candidate');
  t.end();
});

t.test('several video sections: one is accepted, the others are answered with port 0', t => {
  const second = edited(sectionsOf(plain), 'mid:0', 'mid:b');
  const third = edited(second, 'mid:b', 'mid:c');
  const text = answer(bundle(edited(sectionsOf(plain), 'H264', 'VP9'), second, audioSection, third));
  t.strictSame(linesOf(text, /^(m=|a=(group|mid|sendonly|inactive))/), [
    'a=group:BUNDLE b a',
    'm=video 0 UDP/TLS/RTP/SAVPF 96',
    'a=inactive',
    'a=mid:0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'a=mid:b',
    'a=sendonly',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:a',
    'a=sendonly',
    'm=video 0 UDP/TLS/RTP/SAVPF 96',
    'a=inactive',
    'a=mid:c',
  ]);
  t.end();
});

t.test('an offer without a BUNDLE group: no group in the answer, one section accepted', t => {
  const text = answer(plain + audioSection);
  t.strictSame(linesOf(text, /^(m=|a=group)/), ['m=video 9 UDP/TLS/RTP/SAVPF 96', 'm=audio 0 UDP/TLS/RTP/SAVPF 111']);
  t.end();
});

t.test('the answer to a publisher receives its video and audio, and announces no stream of ours', t => {
  for (const client of ['obs-whip', 'ffmpeg-whip']) {
    const text = answer(readOffer(client), 'publish', undefined, { profileLevelId: null });
    t.strictSame(linesOf(text, /^a=(sendonly|recvonly|inactive|sendrecv)/), ['a=recvonly', 'a=recvonly'], client);
    t.strictSame(linesOf(text, /^a=(msid:|ssrc)/), [], client);
    t.equal(linesOf(text, /^a=candidate/).length, 2, client);
  }
  t.match(answer(readOffer('ffmpeg-whip'), 'publish'), 'a=setup:active\r\n');
  const ssrc = 'a=ssrc-group:FID 1 2\r\na=ssrc:1 cname:x\r\n';
  const { offer, agreement } = negotiate(readOffer('ffmpeg-whip'), 'publish');
  const webrtcbin = answerTo(offerForWebrtcbin(offer, agreement)).replaceAll(
    'a=rtcp-rsize\r\n',
    `a=rtcp-rsize\r\n${ssrc}`,
  );
  t.notMatch(composeAnswer(offer, agreement, webrtcbin, stream), /a=ssrc|cname/, 'whatever webrtcbin writes');
  t.end();
});

t.test('transport-wide congestion control is accepted from a publisher', t => {
  const uri = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
  const offer = `${plain.replace('recvonly', 'sendonly')}a=extmap:3 ${uri}\r\n`;
  t.strictSame(linesOf(answer(offer, 'publish'), /^a=extmap/), [`a=extmap:3 ${uri}`]);
  t.end();
});

t.test('setup: a client that offers passive or active gets the opposite', t => {
  const setup = (own: string): string[] => linesOf(answer(plain.replace('setup:actpass', `setup:${own}`)), /^a=setup/);
  t.strictSame(setup('passive'), ['a=setup:active']);
  t.strictSame(setup('active'), ['a=setup:passive']);
  t.strictSame(setup('actpass'), ['a=setup:active']);
  t.end();
});

t.test('every client gets an answer of known lines, with all its sections, within the limit of ffmpeg', t => {
  let answers = 0;
  for (const client of CLIENTS) {
    const text = readOffer(client);
    for (const purpose of ['watch', 'publish'] as const) {
      if (!(purpose === 'watch' ? /^a=(recvonly|sendrecv)/m : /^a=(sendonly|sendrecv)/m).test(sectionsOf(text)))
        continue;
      const streams = purpose === 'watch' ? CAMERA : PUBLISHABLE;
      const offered = parseOffer(text, purpose).video.flatMap(({ codecs }) => codecs.map(({ name }) => name));
      for (const { codec } of streams.filter(stream => offered.includes(stream.codec))) {
        const composed = answer(text, purpose, codec);
        const name = `${client}: ${purpose} ${codec}`;
        t.strictSame(strangeAnswerLines(composed), [], name);
        t.equal(linesOf(composed, /^m=/).length, linesOf(text, /^m=/).length, name);
        t.strictSame(
          linesOf(composed, /^a=mid/).sort(),
          text
            .split(/\r?\n/)
            .filter(line => /^a=mid/.test(line))
            .sort(),
          name,
        );
        t.match(linesOf(composed, /^a=candidate/)[0], / UDP \d+ 192\.0\.2\.2 \d+ typ host$/, `${name}: the best first`);
        t.ok(composed.length < 8192, `${name}: ${composed.length} bytes`);
        answers++;
      }
    }
  }
  t.ok(answers >= CLIENTS.length, `${answers} answers`);
  t.end();
});

t.test('retransmissions are announced only if both sides have them', t => {
  t.notMatch(compose(chromium, withType(108)), /rtx|109/, 'webrtcbin has none');
  const without = chromium.replace(/a=fmtp:109.*\r\n/, '');
  t.notMatch(compose(without, answered), /rtx|109/, 'the viewer has none');
  t.end();
});

t.test('setup, and the names that webrtcbin generated', t => {
  t.match(compose(chromium, answered.replace('setup:active', 'setup:passive')), 'a=setup:passive\r\n');
  t.notMatch(compose(chromium, answered), /webrtctransceiver|user1234/, 'no host name leaves the robot');
  t.end();
});

t.test('an answer that sends nothing is a failure', t => {
  const section = answered.slice(answered.indexOf('m=video'));
  const cases: [string, string, RegExp][] = [
    ['inactive', answered.replace('a=sendonly', 'a=inactive'), /video inactive instead of video sendonly/],
    ['recvonly', answered.replace('a=sendonly', 'a=recvonly'), /video recvonly instead of video sendonly/],
    ['no direction', answered.replace('a=sendonly\r\n', ''), /instead of video sendonly/],
    ['rejected', answered.replace('m=video 9', 'm=video 0'), /instead of video sendonly/],
    ['no section', answered.replace(section, ''), /no section instead of video sendonly/],
    ['two sections', answered + section, /2 sections instead of 1/],
    ['audio', answered.replace('m=video', 'm=audio'), /audio sendonly instead of video sendonly/],
    ['nothing', '', /no section/],
  ];
  for (const [name, text, words] of cases) t.throws(() => compose(chromium, text), { message: words }, name);
  t.end();
});

t.test('an answer of a robot with many addresses stays within the limit of ffmpeg', t => {
  const many = Array.from(
    { length: 20 },
    (_, n) => `a=candidate:${n} 1 UDP ${2_015_363_327 - n} 192.0.2.${n} 54279 typ host\r\n`,
  );
  const answer = compose(readOffer('mediamtx-reader'), answered.replace('a=end-of', `${many.join('')}a=end-of`));
  t.ok(answer.length <= 8192, `${answer.length} bytes`);
  t.end();
});
