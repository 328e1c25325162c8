import { readdirSync } from 'node:fs';
import { type Agreement, agree, PUBLISHABLE, type Stream } from '../../src/protocol/agreement.js';
import { EXPECTED } from '../../src/protocol/codecs.js';
import { type Offer, OfferError, type Purpose, parseOffer } from '../../src/protocol/offer.js';

/** The codecs a camera is sent in: H.264, and VP8 for viewers that cannot take it. */
export const CAMERA: readonly Stream[] = [
  { codec: 'H264', ...EXPECTED },
  { codec: 'VP8', profileLevelId: null },
];

/** The clients whose offers are in test/fixtures/offers. */
export const CLIENTS: readonly string[] = readdirSync(new URL('../../../test/fixtures/offers', import.meta.url))
  .filter(name => name.endsWith('.sdp'))
  .map(name => name.slice(0, -'.sdp'.length));

/** One video section with only what is mandatory. */
export const plain = [
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

/** The text with a pattern replaced; fails if there is no match. */
export function edited(text: string, pattern: RegExp | string, replacement: string): string {
  const changed = text.replace(pattern, () => replacement);
  if (changed === text) throw new Error(`${pattern} finds nothing`);
  return changed;
}

/** The sections of the text, without the session level. */
export const sectionsOf = (text: string): string => text.slice(text.search(/^m=/m));

/** An offer of these sections in one BUNDLE group, in this order, each with its own mid. */
export function bundle(...sections: string[]): string {
  const mids = sections.map(section => /^a=mid:(\S*)/m.exec(section)?.[1]).join(' ');
  return (
    edited(plain.slice(0, plain.search(/^m=/m)), 't=0 0\r\n', `t=0 0\r\na=group:BUNDLE ${mids}\r\n`) + sections.join('')
  );
}

/** One section for Opus, with ICE credentials of its own. */
export const audioSection = edited(
  edited(
    edited(sectionsOf(plain), /m=video.*/, 'm=audio 9 UDP/TLS/RTP/SAVPF 111'),
    /a=rtpmap[\s\S]*/,
    'a=rtpmap:111 opus/48000/2\r\n',
  ),
  /a=mid:0/,
  'a=mid:a',
).replace('ufrag:abcd', 'ufrag:audio');

export interface Negotiated {
  offer: Offer;
  agreement: Agreement;
}

/** @throws OfferError */
export function negotiate(text: string, purpose: Purpose = 'watch', streams?: readonly Stream[]): Negotiated {
  const offer = parseOffer(text, purpose);
  return { offer, agreement: agree(offer, streams ?? (purpose === 'watch' ? CAMERA : PUBLISHABLE), true) };
}

/** The error with which an offer is rejected; fails if it is not. */
export function errorOf(text: string, purpose: Purpose = 'watch', streams?: readonly Stream[]): OfferError {
  try {
    negotiate(text, purpose, streams);
  } catch (error) {
    if (error instanceof OfferError) return error;
    throw error;
  }
  throw new Error('the offer was accepted');
}

/** webrtcbin's answer to an offer of offerForWebrtcbin, in the form of test/fixtures/answers. */
export function answerTo(offer: string): string {
  const [session = '', ...sections] = offer.split(/(?=^m=)/m);
  const own = new Map([
    ['recvonly', 'sendonly'],
    ['sendonly', 'recvonly'],
  ]);
  return (
    edited(session, 'o=- 1 1', 'o=- 6872767969795307980 0') +
    sections
      .map(
        section =>
          section
            .replace(/^a=(recvonly|sendonly)/m, (_, direction: string) => `a=${own.get(direction)}`)
            .replace(/^a=ice-ufrag.*(?=\r)/m, 'a=ice-ufrag:v7kQ2m9dXzR4bT1s')
            .replace(/^a=ice-pwd.*(?=\r)/m, 'a=ice-pwd:hN3pYc8wLqZ6fJ0gKdVr5sTxMbE2uAiO')
            .replace(/^a=fingerprint.*(?=\r)/m, `a=fingerprint:sha-256 ${Array(32).fill('0A').join(':')}`)
            .replace(/^a=setup.*(?=\r)/m, line => (line.endsWith('active') ? 'a=setup:passive' : 'a=setup:active'))
            .replace(/^a=candidate.*\r\n/gm, '') +
          'a=candidate:4 1 UDP 2015363583 2001:db8::2 60934 typ host\r\n' +
          'a=candidate:1 1 UDP 2015363327 192.0.2.2 54279 typ host\r\n',
      )
      .join('')
  );
}
