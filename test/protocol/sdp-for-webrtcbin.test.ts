import fc from 'fast-check';
import t from 'tap';
import { OfferError, parseOffer } from '../../src/protocol/offer.js';
import { offerForWebrtcbin } from '../../src/protocol/sdp-for-webrtcbin.js';
import { readOffer } from '../helpers/fixtures.js';

const CLIENTS = ['chromium-156', 'firefox', 'safari', 'mediamtx-reader', 'libdatachannel-viewer'];

/** All that webrtcbin may ever see, line by line; on much else version 1.22 aborts the process. */
const ALLOWED = [
  /^v=0$/,
  /^o=- 1 1 IN IP4 0\.0\.0\.0$/,
  /^s=-$/,
  /^t=0 0$/,
  /^a=group:BUNDLE [\x21-\x7e]{1,64}$/,
  /^m=video 9 UDP\/TLS\/RTP\/SAVPF (9[6-9]|1[01]\d|12[0-7])( (9[6-9]|1[01]\d|12[0-7]))?$/,
  /^c=IN IP4 0\.0\.0\.0$/,
  /^a=rtcp:9 IN IP4 0\.0\.0\.0$/,
  /^a=ice-ufrag:[A-Za-z0-9+/=_-]{4,256}$/,
  /^a=ice-pwd:[A-Za-z0-9+/=_-]{22,256}$/,
  /^a=fingerprint:sha-(1|224|256|384|512) [0-9A-F]{2}(:[0-9A-F]{2}){19,63}$/,
  /^a=setup:(actpass|active|passive)$/,
  /^a=mid:[\x21-\x7e]{1,64}$/,
  /^a=recvonly$/,
  /^a=rtcp-mux$/,
  /^a=rtcp-rsize$/,
  /^a=rtpmap:\d{2,3} (H264|rtx)\/90000$/,
  /^a=rtcp-fb:\d{2,3} (nack|nack pli|ccm fir|transport-cc|goog-remb)$/,
  /^a=fmtp:\d{2,3} (level-asymmetry-allowed=1;packetization-mode=1|apt=\d{2,3})$/,
  /^a=candidate:[A-Za-z0-9+/]{1,32} 1 udp \d{1,10} [0-9A-Za-z.:-]{1,255} \d{1,5} typ (host|srflx|prflx|relay)( raddr [0-9A-Za-z.:-]{1,255} rport \d{1,5})?$/i,
];

function strangeLines(sdp: string): string[] {
  const lines = sdp.split('\r\n');
  const last = lines.pop();
  return [
    ...(last === '' ? [] : ['no line end']),
    ...lines.filter(line => !ALLOWED.some(allowed => allowed.test(line))),
  ];
}

t.test('what webrtcbin is given for Chromium', t => {
  t.strictSame(offerForWebrtcbin(parseOffer(readOffer('chromium-156'), 'watch')).split('\r\n'), [
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

t.test('of every client one video section, and nothing but what is known', t => {
  for (const client of CLIENTS) {
    const sdp = offerForWebrtcbin(parseOffer(readOffer(client), 'watch'));
    t.strictSame(strangeLines(sdp), [], client);
    t.equal(sdp.match(/^m=/gm)?.length, 1, client);
    t.notMatch(sdp, 'profile-level-id', client);
  }
  t.end();
});

const hostile = fc.constantFrom(
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    ':',
    '0',
    '7',
    '-1',
    'NaN',
    '1e9',
    '%s%n',
    'ä',
    '\u{1f916}',
    '__proto__',
    'constructor',
  ],
  'a=mid:0\r\n',
  'a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n',
  'm=video 0 UDP/TLS/RTP/SAVPF 96\r\n',
  'x'.repeat(5_000),
);
const text = fc.oneof(hostile, fc.nat(999).map(String));
const place = { line: fc.nat(400) };
const edits = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('delete' as const), ...place }),
    fc.record({ kind: fc.constant('duplicate' as const), ...place }),
    fc.record({ kind: fc.constant('swap' as const), ...place, other: fc.nat(400) }),
    fc.record({ kind: fc.constant('value' as const), ...place, text }),
    fc.record({ kind: fc.constant('word' as const), ...place, word: fc.nat(4), text }),
    fc.record({
      kind: fc.constant('bytes' as const),
      at: fc.nat(9_000),
      text: fc.string({ unit: 'binary', maxLength: 20 }),
    }),
  ),
  { minLength: 1, maxLength: 6 },
);
type Edit = typeof edits extends fc.Arbitrary<(infer E)[]> ? E : never;

function apply(offer: string, edit: Edit): string {
  if (edit.kind === 'bytes') {
    const at = edit.at % (offer.length + 1);
    return offer.slice(0, at) + edit.text + offer.slice(at);
  }
  const lines = offer.split('\r\n');
  const at = edit.line % lines.length;
  const line = lines[at] ?? '';
  switch (edit.kind) {
    case 'delete':
      lines.splice(at, 1);
      break;
    case 'duplicate':
      lines.splice(at, 0, line);
      break;
    case 'value':
      lines[at] = line.slice(0, line.indexOf(':') + 1 || 2) + edit.text;
      break;
    case 'word': {
      const words = line.split(/(?<=[ :=])/);
      words[edit.word % words.length] = `${edit.text} `;
      lines[at] = words.join('');
      break;
    }
    case 'swap': {
      const other = edit.other % lines.length;
      [lines[at], lines[other]] = [lines[other] ?? '', line];
    }
  }
  return lines.join('\r\n');
}

t.test('whatever comes, there is an OfferError or an offer that webrtcbin takes', t => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.constantFrom(...CLIENTS, 'firefox-no-h264', 'obs-whip', 'ffmpeg-whip'), edits, (client, edits) => {
      let sdp: string;
      try {
        sdp = offerForWebrtcbin(parseOffer(edits.reduce(apply, readOffer(client)), 'watch'));
      } catch (error) {
        if (error instanceof OfferError) return;
        throw error;
      }
      accepted++;
      const strange = strangeLines(sdp);
      if (strange.length > 0) throw new Error(`webrtcbin would see ${JSON.stringify(strange)}`);
    }),
    { numRuns: 2_000 },
  );
  t.ok(accepted > 200, `enough of them were taken to say something: ${accepted}`);
  t.end();
});
