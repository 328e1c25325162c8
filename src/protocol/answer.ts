import { parse, type SessionDescription } from 'sdp-transform';
import { type Agreed, type Agreement, carrierOf } from './agreement.js';
import { candidatesOf } from './candidates.js';
import { CODECS, type StreamProfile } from './codecs.js';
import type { Offer } from './offer.js';
import { lines } from './sdp-for-webrtcbin.js';

type Media = SessionDescription['media'][number];

/**
 * The answer for a peer, made from webrtcbin's answer to offerForWebrtcbin: every section of the offer is answered
 * (rejected ones with port 0), `a=rtcp-mux-only` and `a=msid` are added (webrtcbin 1.22 omits them), and the best
 * candidate comes first (some clients use no other).
 * @param stream what the video of the answer announces
 * @param candidates values of its `a=candidate` lines; by default those that webrtcbin gathered
 * @throws Error if webrtcbin refused a section.
 */
export function composeAnswer(
  offer: Offer,
  agreement: Agreement,
  webrtcbinAnswer: string,
  stream: StreamProfile,
  candidates: readonly string[] = candidatesOf(webrtcbinAnswer),
): string {
  const answer = parse(webrtcbinAnswer);
  const agreed = [agreement.video, ...(agreement.audio ? [agreement.audio] : [])];
  const direction = offer.purpose === 'watch' ? 'sendonly' : 'recvonly';
  const parts = new Map<number, { part: Agreed; media: Media }>();
  agreed.forEach((part, index) => {
    const media = answer.media[index];
    const { kind } = CODECS[part.codec.name];
    if (media?.type !== kind || media.direction !== direction || media.port === 0 || media.rtp.length === 0)
      throw new Error(
        `webrtcbin answered ${media ? `${media.type} ${media.direction ?? ''}` : 'no section'} instead of ${kind} ${direction}`,
      );
    parts.set(part.section.index, { part, media });
  });
  if (answer.media.length !== agreed.length)
    throw new Error(`webrtcbin answered ${answer.media.length} sections instead of ${agreed.length}`);
  // All sections share the transport of webrtcbin's first one.
  const transport = answer.media[0] as Media;
  const { silent } = agreement;
  if (silent) parts.set(silent.section.index, { part: silent, media: { ...transport, rtcpFb: [] } });
  const carrier = carrierOf(offer, agreement);
  const sections = offer.sections.map((section, index) => {
    const answered = parts.get(index);
    if (!answered) return rejected(section, transport);
    return accept(answered.part, answered.media, {
      direction: answered.part === silent ? 'inactive' : direction,
      stream,
      // In a BUNDLE group only the section that carries the others has candidates.
      candidates: index === carrier.index ? candidates : [],
    });
  });
  // The section that carries the others comes first (RFC 9143 §7.3).
  const mids = new Set([carrier.mid, ...[...parts.values()].map(({ part }) => part.section.mid)]);
  const { sessionId, sessionVersion } = answer.origin;
  return (
    lines(
      'v=0',
      `o=- ${sessionId} ${sessionVersion} IN IP4 0.0.0.0`,
      's=-',
      't=0 0',
      ...(offer.bundle.length > 0 ? [`a=group:BUNDLE ${[...mids].join(' ')}`] : []),
      'a=msid-semantic: WMS *',
    ) + sections.join('')
  );
}

function accept(
  { section, codec }: Agreed,
  media: Media,
  { direction, stream, candidates }: { direction: string; stream: StreamProfile; candidates: readonly string[] },
): string {
  const { payloadType } = codec;
  const { kind, rtpmap, answer } = CODECS[codec.name];
  const rtx =
    codec.rtxPayloadType !== null && media.rtp.some(rtp => rtp.payload === codec.rtxPayloadType)
      ? codec.rtxPayloadType
      : null;
  const parameters = answer(codec.parameters, stream);
  const sends = direction === 'sendonly';
  return lines(
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${payloadType}${rtx === null ? '' : ` ${rtx}`}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    ...transportLines(media),
    `a=mid:${section.mid}`,
    `a=${direction}`,
    'a=rtcp-mux',
    'a=rtcp-mux-only',
    'a=rtcp-rsize',
    ...(direction === 'recvonly' ? section.extensions.map(({ id, uri }) => `a=extmap:${id} ${uri}`) : []),
    ...(sends ? [`a=msid:camera ${kind}`] : []),
    `a=rtpmap:${payloadType} ${rtpmap}`,
    ...(media.rtcpFb ?? [])
      .filter(({ payload }) => payload === payloadType)
      .map(({ type, subtype }) => `a=rtcp-fb:${payloadType} ${subtype ? `${type} ${subtype}` : type}`),
    ...(parameters === '' ? [] : [`a=fmtp:${payloadType} ${parameters}`]),
    ...(rtx === null ? [] : [`a=rtpmap:${rtx} rtx/90000`, `a=fmtp:${rtx} apt=${payloadType}`]),
    ...(sends ? (media.ssrcGroups ?? []).map(group => `a=ssrc-group:${group.semantics} ${group.ssrcs}`) : []),
    ...(sends ? [...new Set((media.ssrcs ?? []).map(ssrc => ssrc.id))].map(id => `a=ssrc:${id} cname:camera`) : []),
    ...candidates.map(candidate => `a=candidate:${candidate}`),
    ...(candidates.length > 0 ? ['a=end-of-candidates'] : []),
  );
}

// One format is enough in a rejected section (RFC 3264 §6). webrtcbin reads the transport even of rejected sections.
function rejected({ kind, protocol, format, mid }: Offer['sections'][number], transport: Media): string {
  return lines(
    `m=${kind} 0 ${protocol} ${format}`,
    'c=IN IP4 0.0.0.0',
    ...transportLines(transport),
    'a=inactive',
    `a=mid:${mid}`,
  );
}

function transportLines({ iceUfrag, icePwd, fingerprint, setup }: Media): string[] {
  return [
    `a=ice-ufrag:${iceUfrag}`,
    `a=ice-pwd:${icePwd}`,
    `a=fingerprint:${fingerprint?.type} ${fingerprint?.hash}`,
    `a=setup:${setup}`,
  ];
}
