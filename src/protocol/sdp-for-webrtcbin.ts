import type { Agreed, Agreement } from './agreement.js';
import { CODECS } from './codecs.js';
import type { Offer } from './offer.js';

/**
 * The offer that webrtcbin is given: a video section, and one for sound if that was agreed, each with one codec,
 * written anew from what was read, so that nothing of a stranger's text reaches it unchecked.
 *
 * Parameters are left out: with `profile-level-id` webrtcbin 1.20 and later answers a section of another level as
 * `inactive` unless both sides say level-asymmetry-allowed. The answer to the peer carries them (see composeAnswer).
 */
export function offerForWebrtcbin(offer: Offer, { video, audio }: Agreement): string {
  const agreed = [video, ...(audio ? [audio] : [])];
  return (
    lines(
      'v=0',
      'o=- 1 1 IN IP4 0.0.0.0',
      's=-',
      't=0 0',
      `a=group:BUNDLE ${agreed.map(({ section }) => section.mid).join(' ')}`,
    ) + agreed.map((part, index) => section(offer, part, index === 0)).join('')
  );
}

function section({ purpose, transport }: Offer, { section, codec }: Agreed, isFirst: boolean): string {
  const { ice, fingerprint, setup, candidates } = transport;
  const { payloadType, rtxPayloadType: rtx } = codec;
  const { kind, rtpmap } = CODECS[codec.name];
  return lines(
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${payloadType}${rtx === null ? '' : ` ${rtx}`}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    `a=ice-ufrag:${ice.ufrag}`,
    `a=ice-pwd:${ice.pwd}`,
    `a=fingerprint:${fingerprint.hash} ${fingerprint.value}`,
    `a=setup:${setup}`,
    `a=mid:${section.mid}`,
    purpose === 'watch' ? 'a=recvonly' : 'a=sendonly',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    ...(purpose === 'publish' ? section.extensions.map(({ id, uri }) => `a=extmap:${id} ${uri}`) : []),
    `a=rtpmap:${payloadType} ${rtpmap}`,
    ...codec.feedback.map(feedback => `a=rtcp-fb:${payloadType} ${feedback}`),
    ...(codec.name === 'H264' ? [`a=fmtp:${payloadType} level-asymmetry-allowed=1;packetization-mode=1`] : []),
    ...(rtx === null ? [] : [`a=rtpmap:${rtx} rtx/90000`, `a=fmtp:${rtx} apt=${payloadType}`]),
    ...(purpose === 'publish' ? sources(section) : []),
    ...(isFirst ? candidates.map(candidate => `a=candidate:${candidate}`) : []),
  );
}

// In a bundle webrtcbin knows by them which section a packet belongs to.
function sources({ ssrcs, rtxGroups }: Agreed['section']): string[] {
  return [
    ...rtxGroups.map(([media, rtx]) => `a=ssrc-group:FID ${media} ${rtx}`),
    ...ssrcs.map(ssrc => `a=ssrc:${ssrc} cname:publisher`),
  ];
}

/** SDP text: each line ends with CRLF (RFC 8866 §5). */
export function lines(...text: string[]): string {
  return `${text.join('\r\n')}\r\n`;
}
