import { parse, type SessionDescription } from 'sdp-transform';
import type { Agreed, Agreement } from './agreement.js';
import { candidatesOf } from './candidates.js';
import { CODECS, type StreamProfile } from './codecs.js';
import type { Offer } from './offer.js';
import { lines } from './sdp-for-webrtcbin.js';

type Media = SessionDescription['media'][number];

/**
 * The answer that a peer gets, from the one that webrtcbin gave to offerForWebrtcbin: every section of the offer is
 * answered (the unwanted with port 0), `a=rtcp-mux-only` and `a=msid` are added (webrtcbin 1.22 leaves them out), the
 * best candidate stands first (some clients use no other).
 * @param stream what the video of the answer announces
 * @param candidates values of its `a=candidate` lines; those that webrtcbin gathered if nothing else is given
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
    if (media?.direction !== direction || media.port === 0)
      throw new Error(`webrtcbin answered ${media?.direction ?? 'no section'} instead of ${direction}`);
    parts.set(part.section.index, { part, media });
  });
  const accepted = [...parts.keys()].sort((a, b) => a - b);
  const sections = offer.sections.map((section, index) => {
    const answered = parts.get(index);
    if (!answered) return rejected(section);
    return accept(answered.part, answered.media, {
      direction,
      stream,
      // Of a bundle only the first has them (RFC 9143 §7.3.2 calls the others' superfluous).
      candidates: index === accepted[0] ? candidates : [],
    });
  });
  const mids = accepted.map(index => offer.sections[index]?.mid).join(' ');
  const { sessionId, sessionVersion } = answer.origin;
  return (
    lines(
      'v=0',
      `o=- ${sessionId} ${sessionVersion} IN IP4 0.0.0.0`,
      's=-',
      't=0 0',
      ...(offer.bundled ? [`a=group:BUNDLE ${mids}`] : []),
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
    `a=ice-ufrag:${media.iceUfrag}`,
    `a=ice-pwd:${media.icePwd}`,
    `a=fingerprint:${media.fingerprint?.type} ${media.fingerprint?.hash}`,
    `a=setup:${media.setup}`,
    `a=mid:${section.mid}`,
    `a=${direction}`,
    'a=rtcp-mux',
    'a=rtcp-mux-only',
    'a=rtcp-rsize',
    ...(sends ? [] : section.extensions.map(({ id, uri }) => `a=extmap:${id} ${uri}`)),
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

function rejected({ kind, protocol, formats, mid }: Offer['sections'][number]): string {
  return lines(`m=${kind} 0 ${protocol} ${formats}`, 'c=IN IP4 0.0.0.0', 'a=inactive', `a=mid:${mid}`);
}
