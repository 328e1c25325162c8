import { type Agreed, type Agreement, carrierOf } from './agreement.js';
import { CODECS } from './codecs.js';
import { type Offer, OfferError } from './offer.js';
import type { Transport } from './transport.js';

/**
 * The offer for webrtcbin: a video section, and an audio section if agreed, each with one codec, rewritten from the
 * parsed values, so that no foreign text reaches webrtcbin unchecked.
 *
 * Parameters are omitted: with `profile-level-id` webrtcbin 1.20 and later answers a section of another level with
 * `inactive` unless both sides have level-asymmetry-allowed. The answer to the peer has them (see composeAnswer).
 */
export function offerForWebrtcbin(offer: Offer, agreement: Agreement): string {
  const { video, audio } = agreement;
  return write(offer, [video, ...(audio ? [audio] : [])], carrierOf(offer, agreement).transport);
}

/**
 * The same for an offer to send several videos, all of which are accepted: one section for each camera of a legacy
 * sender.
 * @throws OfferError invalid-sdp if it has any other section, no-common-codec if a video is not H.264
 */
export function offerOfCameras(offer: Offer): { text: string; cameras: number } {
  if (offer.video.length !== offer.sections.length)
    throw new OfferError('invalid-sdp', 'The offer has sections other than video to send.');
  const agreed = offer.video.map(section => {
    const codec = section.codecs.find(({ name }) => name === 'H264');
    if (codec) return { section, codec };
    throw new OfferError(
      'no-common-codec',
      `A section of the offer has ${shown(section.names) || 'no codec'}; only H.264 is accepted.`,
    );
  });
  const carrier = offer.video.find(({ bundleOnly }) => !bundleOnly) ?? offer.video[0];
  return { text: write(offer, agreed, carrier?.transport ?? offer.transport), cameras: agreed.length };
}

function write(offer: Offer, agreed: readonly Agreed[], transport: Transport): string {
  return (
    lines(
      'v=0',
      'o=- 1 1 IN IP4 0.0.0.0',
      's=-',
      't=0 0',
      `a=group:BUNDLE ${agreed.map(({ section }) => section.mid).join(' ')}`,
    ) + agreed.map((part, i) => describe(part, { offer, transport, isFirst: i === 0 })).join('')
  );
}

function describe(
  { section, codec }: Agreed,
  {
    offer,
    transport: { ice, fingerprint, setup, candidates },
    isFirst,
  }: { offer: Offer; transport: Transport; isFirst: boolean },
): string {
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
    offer.purpose === 'watch' ? 'a=recvonly' : 'a=sendonly',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    ...(offer.purpose === 'publish' ? section.extensions.map(({ id, uri }) => `a=extmap:${id} ${uri}`) : []),
    `a=rtpmap:${payloadType} ${rtpmap}`,
    ...codec.feedback.map(feedback => `a=rtcp-fb:${payloadType} ${feedback}`),
    ...(codec.name === 'H264' ? [`a=fmtp:${payloadType} level-asymmetry-allowed=1;packetization-mode=1`] : []),
    ...(rtx === null ? [] : [`a=rtpmap:${rtx} rtx/90000`, `a=fmtp:${rtx} apt=${payloadType}`]),
    ...(offer.purpose === 'publish' ? sources(section) : []),
    ...(isFirst ? candidates.map(candidate => `a=candidate:${candidate}`) : []),
  );
}

/** SSRC lines: with them webrtcbin maps packets to sections, and only then sends NACKs for lost ones. */
export function sources({ ssrcs, rtxGroups }: Pick<Agreed['section'], 'ssrcs' | 'rtxGroups'>): string[] {
  return [
    ...rtxGroups.map(([media, rtx]) => `a=ssrc-group:FID ${media} ${rtx}`),
    ...ssrcs.map(ssrc => `a=ssrc:${ssrc} cname:publisher`),
  ];
}

/** The first of a peer's codec names, for people. */
const shown = (names: readonly string[]): string =>
  names
    .slice(0, 5)
    .map(name => name.slice(0, 20))
    .join(', ');

/** SDP text: each line ends with CRLF (RFC 8866 §5). */
export function lines(...text: string[]): string {
  return `${text.join('\r\n')}\r\n`;
}
