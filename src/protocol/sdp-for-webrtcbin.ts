import type { Offer } from './offer.js';

/**
 * The offer that webrtcbin is given: one video section with one codec, written anew from what was read, so that
 * nothing of a stranger's text reaches it unchecked.
 *
 * `profile-level-id` is left out: with it webrtcbin 1.20 and later answers a section of another level as `inactive`
 * unless both sides say level-asymmetry-allowed. The answer to the viewer carries it (see composeAnswer).
 */
export function offerForWebrtcbin({ video }: Offer): string {
  const { codec, ice, fingerprint } = video;
  const rtx = codec.rtxPayloadType;
  return lines(
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${video.mid}`,
    `m=video 9 UDP/TLS/RTP/SAVPF ${codec.payloadType}${rtx === null ? '' : ` ${rtx}`}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    `a=ice-ufrag:${ice.ufrag}`,
    `a=ice-pwd:${ice.pwd}`,
    `a=fingerprint:${fingerprint.hash} ${fingerprint.value}`,
    `a=setup:${video.setup}`,
    `a=mid:${video.mid}`,
    'a=recvonly',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    `a=rtpmap:${codec.payloadType} H264/90000`,
    ...codec.feedback.map(feedback => `a=rtcp-fb:${codec.payloadType} ${feedback}`),
    `a=fmtp:${codec.payloadType} level-asymmetry-allowed=1;packetization-mode=1`,
    ...(rtx === null ? [] : [`a=rtpmap:${rtx} rtx/90000`, `a=fmtp:${rtx} apt=${codec.payloadType}`]),
    ...video.candidates.map(candidate => `a=candidate:${candidate}`),
  );
}

/** SDP text: each line ends with CRLF (RFC 8866 §5). */
export function lines(...text: string[]): string {
  return `${text.join('\r\n')}\r\n`;
}
