import fc from 'fast-check';
import type { Purpose } from '../../src/protocol/offer.js';
import { readOffer } from './fixtures.js';
import { CLIENTS } from './negotiation.js';

/** Characters that the HTTP API accepts. */
const MAX_OFFER = 65_536;

const hostile = fc.constantFrom(
  ...['', '\r\n', '\n', '\r', '\0', ' ', ':', ';', '=', '0', '-1', '1e9', 'NaN', 'Infinity', '0x60', '096'],
  ...['4294967296', '9007199254740993', '18446744073709551616', '9'.repeat(400), `${'0'.repeat(400)}96`],
  ...['%s%n', 'ä', '\u{1f916}', '\u202e', '\u2028', '\ufeff', '\ud800', '__proto__', 'constructor', '../../etc/passwd'],
  ...['x'.repeat(5_000), ' '.repeat(5_000), '[x] '.repeat(1_500), ':AB'.repeat(2_000), 'a=b;'.repeat(1_500)],
);
const injected = fc.constantFrom(
  ...[
    'a=mid:0',
    'a=mid:',
    'a=inactive',
    'a=sendrecv',
    'a=recvonly',
    'a=sendonly',
    'a=bundle-only',
    'a=group:BUNDLE 0 1 2',
    'a=group:BUNDLE',
  ],
  ...['a=ice-ufrag:other', 'a=ice-pwd:anotherpasswordofenoughletters', 'a=setup:holdconn', 'a=setup:passive'],
  ...[
    'a=fingerprint:sha-256 AB',
    'a=fingerprint:constructor AB',
    'a=rtcp-mux',
    'a=ice-lite',
    'a=ice-options:renomination',
  ],
  ...['a=candidate:1 1 udp 1 192.0.2.1 9 typ host', 'a=candidate:1 1 udp 1 a.local 9 typ host', 'a=candidate:'],
  ...['a=candidate:1 1 udp 1 224.0.0.1 9 typ host', 'a=candidate:1 1 udp 1 ::1 9 typ srflx raddr :: rport 0'],
  ...['a=rtpmap:96 H264/90000', 'a=rtpmap:96 opus/48000/2', 'a=rtpmap:111 H264/90000', 'a=rtpmap:127 rtx/90000'],
  ...['a=fmtp:96 apt=96', 'a=fmtp:127 apt=96', 'a=fmtp:111 packetization-mode=1;profile-level-id=42e01f'],
  ...['a=rtcp-fb:* nack', 'a=rtcp-fb:* ccm fir', 'a=rtcp-fb:96 nack rpsi', 'a=rid:h send', 'a=simulcast:send h;m;l'],
  ...[1, 0, 14, 15, 255].map(
    id => `a=extmap:${id} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`,
  ),
  ...['m=video 9 UDP/TLS/RTP/SAVPF 96', 'm=audio 9 UDP/TLS/RTP/SAVPF 96 111', 'm=video 0 RTP/AVP 96', 'm=', 'v=0'],
  ...['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP6 ::', 'b=AS:1', 'k=clear:x', 't=1 2'],
);
const text = fc.oneof(hostile, fc.nat(999).map(String), fc.string({ unit: 'binary', maxLength: 20 }));
const place = { line: fc.nat(400) };
const change = fc.oneof(
  fc.record({ kind: fc.constant('delete' as const), ...place, count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ kind: fc.constant('duplicate' as const), ...place, times: fc.constantFrom(1, 1, 1, 40, 400) }),
  fc.record({ kind: fc.constant('swap' as const), ...place, other: fc.nat(400) }),
  fc.record({ kind: fc.constant('inject' as const), ...place, text: injected }),
  fc.record({ kind: fc.constant('value' as const), ...place, text }),
  fc.record({ kind: fc.constant('word' as const), ...place, word: fc.nat(6), text }),
  fc.record({ kind: fc.constant('lengthen' as const), ...place, times: fc.constantFrom(2, 50, 2_000) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(9_000) }),
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(9_000), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('insert' as const), at: fc.nat(9_000), text }),
  fc.record({ kind: fc.constant('splice' as const), ...place, from: fc.nat(400), client: fc.constantFrom(...CLIENTS) }),
);
const offers = new Map(CLIENTS.map(client => [client, readOffer(client)]));

/** The offer of a client, as it would be for the purpose. */
const offerOf = (client: string, purpose: Purpose): string =>
  (offers.get(client) ?? '').replace(/a=(recvonly|sendonly)/g, purpose === 'watch' ? 'a=recvonly' : 'a=sendonly');

type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;

function apply(offer: string, change: Change): string {
  const at = 'at' in change ? change.at % (offer.length + 1) : 0;
  switch (change.kind) {
    case 'cut':
      return offer.slice(0, at);
    case 'flip':
      return offer.slice(0, at) + String.fromCharCode(offer.charCodeAt(at) ^ (1 << change.bit)) + offer.slice(at + 1);
    case 'insert':
      return offer.slice(0, at) + change.text + offer.slice(at);
    default:
      return applyToLines(offer.split('\r\n'), change).join('\r\n');
  }
}

function applyToLines(lines: string[], change: Exclude<Change, { at: number }>): string[] {
  const at = change.line % lines.length;
  const line = lines[at] ?? '';
  switch (change.kind) {
    case 'delete':
      return lines.toSpliced(at, change.count);
    case 'duplicate':
      return lines.toSpliced(at, 0, ...Array(change.times).fill(line));
    case 'swap':
      return lines.with(at, lines[change.other % lines.length] ?? '').with(change.other % lines.length, line);
    case 'inject':
      return lines.toSpliced(at, 0, change.text);
    case 'value':
      return lines.with(at, line.slice(0, line.indexOf(':') + 1 || 2) + change.text);
    case 'word': {
      const words = line.split(/(?<=[ :=])/);
      return lines.with(at, words.with(change.word % words.length, `${change.text} `).join(''));
    }
    case 'lengthen':
      return lines.with(at, line + line.slice(2).repeat(change.times));
    case 'splice': {
      const other = (offers.get(change.client) ?? '').split('\r\n');
      return [...lines.slice(0, at), ...other.slice(change.from % other.length)];
    }
  }
}

/** Changes to an SDP text in random places. */
export const changes = fc.array(change, { minLength: 1, maxLength: 6 });

/** @param max characters */
export const changed = (text: string, changes: readonly Change[], max: number): string =>
  changes.reduce((text, change) => apply(text, change).slice(0, max), text);

/** A changed offer of a client; a failure shows the smallest changes that cause it. */
export const mutatedOffer = fc
  .record({
    client: fc.constantFrom(...CLIENTS),
    purpose: fc.constantFrom<Purpose>('watch', 'publish'),
    changes,
  })
  .map(({ client, purpose, changes }) => ({
    purpose,
    text: changed(offerOf(client, purpose), changes, MAX_OFFER),
    // Printed when a run fails.
    from: { client, changes },
  }));
