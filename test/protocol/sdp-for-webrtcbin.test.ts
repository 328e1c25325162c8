import fc from 'fast-check';
import t from 'tap';
import { OfferError, type Purpose, parseOffer } from '../../src/protocol/offer.js';
import { offerForWebrtcbin, offerOfCameras } from '../../src/protocol/sdp-for-webrtcbin.js';
import { readOffer } from '../helpers/fixtures.js';
import { changed, changes } from '../helpers/mutated-offer.js';
import {
  audioSection,
  bundle,
  CLIENTS,
  edited,
  errorOf,
  negotiate,
  plain,
  sectionsOf,
} from '../helpers/negotiation.js';
import { strangeCameraLines, strangeOfferLines } from '../helpers/written-sdp.js';

function given(text: string, purpose: Purpose = 'watch'): string {
  const { offer, agreement } = negotiate(text, purpose);
  return offerForWebrtcbin(offer, agreement);
}
const linesOf = (text: string, pattern: RegExp): string[] => text.split('\r\n').filter(line => pattern.test(line));

t.test("Chromium's offer as passed to webrtcbin", t => {
  t.strictSame(given(readOffer('chromium-156')).split('\r\n'), [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=video 9 UDP/TLS/RTP/SAVPF 108 109',
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    'a=ice-ufrag:HBt0',
    'a=ice-pwd:uIlcI8QQ4I7Mt2IU3icJg5JI',
    'a=fingerprint:sha-256 BC:5B:F4:4B:82:AC:58:24:9D:98:3C:24:06:2F:FC:63:DD:34:17:12:10:6D:C7:57:6D:2B:2F:BA:FF:FF:63:D7',
    'a=setup:actpass',
    'a=mid:0',
    'a=recvonly',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    'a=rtpmap:108 H264/90000',
    'a=rtcp-fb:108 goog-remb',
    'a=rtcp-fb:108 transport-cc',
    'a=rtcp-fb:108 ccm fir',
    'a=rtcp-fb:108 nack',
    'a=rtcp-fb:108 nack pli',
    // No profile-level-id: webrtcbin would answer another level with a=inactive.
    'a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1',
    'a=rtpmap:109 rtx/90000',
    'a=fmtp:109 apt=108',
    '',
  ]);
  t.end();
});

t.test('the agreed sections of every client, with known lines only', t => {
  for (const client of CLIENTS) {
    for (const purpose of ['watch', 'publish'] as const) {
      const text = readOffer(client);
      const wanted = purpose === 'watch' ? /^a=(recvonly|sendrecv)/m : /^a=(sendonly|sendrecv)/m;
      if (!wanted.test(sectionsOf(text))) {
        t.equal(errorOf(text, purpose).code, 'invalid-sdp', `${client}: ${purpose}`);
        continue;
      }
      const sdp = given(text, purpose);
      t.strictSame(strangeOfferLines(sdp), [], `${client}: ${purpose}`);
      t.match(linesOf(sdp, /^m=/), [/^m=video /], client);
      t.ok(linesOf(sdp, /^m=/).length <= 2, client);
      t.notMatch(sdp, 'profile-level-id', client);
    }
  }
  t.end();
});

t.test('a publisher: it sends, the video section comes first, and one transport serves both', t => {
  const sdp = given(readOffer('ffmpeg-whip'), 'publish');
  t.strictSame(linesOf(sdp, /^(m=|a=(group|mid|send|recv|rtpmap|fmtp|setup))/), [
    'a=group:BUNDLE 1 0',
    'm=video 9 UDP/TLS/RTP/SAVPF 106',
    'a=setup:passive',
    'a=mid:1',
    'a=sendonly',
    'a=rtpmap:106 H264/90000',
    'a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=setup:passive',
    'a=mid:0',
    'a=sendonly',
    'a=rtpmap:111 opus/48000/2',
  ]);
  t.equal(new Set(linesOf(sdp, /^a=ice-ufrag/)).size, 1, 'unequal ones would abort webrtcbin');
  t.end();
});

t.test("the transport and candidates are those of the BUNDLE group's first accepted section", t => {
  const candidate = (n: number): string => `a=candidate:${n} 1 UDP 1 192.0.2.${n} 9 typ host\r\n`;
  const sdp = given(bundle(audioSection + candidate(1), sectionsOf(plain) + candidate(2)));
  t.strictSame(linesOf(sdp, /^a=(ice-ufrag|candidate)/), [
    'a=ice-ufrag:audio',
    'a=candidate:1 1 UDP 1 192.0.2.1 9 typ host',
    'a=ice-ufrag:audio',
  ]);
  t.end();
});

t.test("a publisher's header extensions and SSRCs are unique in the whole BUNDLE group", t => {
  const cc = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
  const mid = 'urn:ietf:params:rtp-hdrext:sdes:mid';
  const offer = (video: string[], audio: string[]): string =>
    bundle(
      sectionsOf(plain) + video.map(line => `a=${line}\r\n`).join(''),
      audioSection + audio.map(line => `a=${line}\r\n`).join(''),
    ).replaceAll('recvonly', 'sendonly');
  const written = (video: string[], audio: string[]): string[] =>
    given(offer(video, audio), 'publish')
      .split('m=')
      .slice(1)
      .map(section => linesOf(section, /^a=(extmap|ssrc)/).join(' '));
  t.strictSame(written([`extmap:3 ${cc}`, `extmap:4 ${mid}`], [`extmap:3 ${cc}`, `extmap:4 ${mid}`]), [
    `a=extmap:3 ${cc} a=extmap:4 ${mid}`,
    `a=extmap:3 ${cc} a=extmap:4 ${mid}`,
  ]);
  t.strictSame(written([`extmap:3 ${cc}`], [`extmap:5 ${cc}`, `extmap:4 ${mid}`]), [
    `a=extmap:3 ${cc}`,
    `a=extmap:4 ${mid}`,
  ]);
  t.strictSame(written([`extmap:3 ${cc}`], [`extmap:3 ${mid}`, 'ssrc:9 cname:x']), [
    `a=extmap:3 ${cc}`,
    'a=ssrc:9 cname:publisher',
  ]);
  t.strictSame(written(['ssrc:9 cname:x'], ['ssrc:9 cname:x', 'ssrc:8 cname:x']), [
    'a=ssrc:9 cname:publisher',
    'a=ssrc:8 cname:publisher',
  ]);
  t.equal(written([`extmap:3 ${cc}`], [`extmap:3 ${mid}`]).length, 1, 'ambiguous audio is not accepted');
  t.equal(written(['ssrc:9 cname:x'], ['ssrc:9 cname:x']).length, 1, 'nor with an SSRC of the video');
  t.notMatch(given(`${plain}a=extmap:3 ${cc}\r\na=ssrc:9 cname:x\r\n`), /extmap|ssrc/, 'none for a viewer');
  t.strictSame(linesOf(given(readOffer('ffmpeg-whip'), 'publish'), /^a=ssrc/), [
    'a=ssrc:3184534673 cname:publisher',
    'a=ssrc:3184534672 cname:publisher',
  ]);
  t.end();
});

t.test('no other parameter of a codec is passed on', t => {
  const odd = edited(
    plain,
    /a=fmtp:96 .*/,
    'a=fmtp:96 packetization-mode=1;profile-level-id=42e01f;sprop-parameter-sets=Z0IAKQ==,aM48gA==',
  );
  t.strictSame(linesOf(given(odd), /^a=fmtp/), ['a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1']);
  t.end();
});

const legacy = readOffer('legacy-sender');
const camerasOf = (text: string): ReturnType<typeof offerOfCameras> => offerOfCameras(parseOffer(text, 'publish'));

t.test('a legacy sender: a section for each of its cameras, all on one transport', t => {
  const { text, cameras } = camerasOf(legacy);
  t.equal(cameras, 3);
  t.strictSame(linesOf(text, /^(m=|a=(group|mid|send|recv|rtpmap|fmtp|setup))/), [
    'a=group:BUNDLE video0 video1 video2',
    ...['video0', 'video1', 'video2'].flatMap(mid => [
      // For webrtcbin the offered port 0 and bundle-only mean rejected; with sendrecv it would send.
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'a=setup:actpass',
      `a=mid:${mid}`,
      'a=sendonly',
      'a=rtpmap:96 H264/90000',
      'a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1',
    ]),
  ]);
  t.equal(new Set(linesOf(text, /^a=ice-ufrag/)).size, 1, 'unequal ones would abort webrtcbin');
  t.strictSame(
    linesOf(text, /^a=ssrc/),
    ['2571499792', '2647595616', '13179372'].map(ssrc => `a=ssrc:${ssrc} cname:publisher`),
    'the payload type is the same: only these distinguish packets',
  );
  t.strictSame(strangeCameraLines(text), []);
  t.equal(camerasOf(legacy.slice(0, legacy.indexOf('m=video 0')).replace(' video1 video2', '')).cameras, 1);
  t.end();
});

t.test('unusable offers of a legacy sender', t => {
  const codeOf = (text: string): string => {
    try {
      return String(camerasOf(text).cameras);
    } catch (error) {
      return error instanceof OfferError ? error.code : String(error);
    }
  };
  t.equal(codeOf(legacy.replace('rtpmap:96 H264', 'rtpmap:96 VP8')), 'no-common-codec', 'one camera in VP8');
  t.equal(codeOf(legacy.replaceAll('rtpmap:96 H264', 'rtpmap:96 VP8')), 'no-common-codec', 'all of them');
  t.equal(codeOf(legacy.replace('m=video 0', 'm=audio 0')), 'invalid-sdp', 'sound');
  t.equal(codeOf(legacy.replace('a=bundle-only\r\n', '')), 'invalid-sdp', 'a section that is not wanted');
  t.equal(codeOf(legacy.replaceAll('a=sendrecv', 'a=recvonly')), 'invalid-sdp', 'it wants to receive');
  t.equal(
    codeOf(legacy.replace('a=group:BUNDLE video0 video1', 'a=group:BUNDLE video0')),
    'invalid-sdp',
    'one of them is not in the BUNDLE group',
  );
  t.equal(codeOf(legacy.replace('a=mid:video1', 'a=mid:video0')), 'invalid-sdp', 'two with the same name');
  t.end();
});

t.test('any offer of a legacy sender gives an OfferError, or known lines only', t => {
  let accepted = 0;
  fc.assert(
    fc.property(changes, list => {
      try {
        const { text, cameras } = camerasOf(changed(legacy, list, 65_536));
        const strange = strangeCameraLines(text);
        if (strange.length > 0) throw new Error(`webrtcbin would see ${JSON.stringify(strange).slice(0, 2_000)}`);
        if (linesOf(text, /^m=/).length !== cameras)
          throw new Error('the number of sections is not that of the cameras');
        if (new Set(linesOf(text, /^a=(ice-|fingerprint)/)).size !== 3) throw new Error('more than one transport');
        accepted++;
      } catch (error) {
        if (!(error instanceof OfferError)) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
  t.ok(accepted > 100, `enough were accepted to be significant: ${accepted}`);
  t.end();
});
