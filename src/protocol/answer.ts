import { parse } from 'sdp-transform';
import { candidatesOf } from './candidates.js';
import type { Offer } from './offer.js';
import { lines } from './sdp-for-webrtcbin.js';

/** What is known of the stream that an answer announces. */
export interface AnsweredStream {
  /** Six hexadecimal digits from the stream's SPS; null if none was read yet. */
  profileLevelId: string | null;
}

/**
 * The answer that a viewer gets, from the one that webrtcbin gave to offerForWebrtcbin: every section of the offer is
 * answered (the unwanted with port 0), `a=rtcp-mux-only` and `a=msid` are added (webrtcbin 1.22 leaves them out), the
 * best candidate stands first (some clients use no other).
 * @param candidates values of its `a=candidate` lines; those that webrtcbin gathered if nothing else is given
 * @throws Error if webrtcbin refused to send.
 */
export function composeAnswer(
  offer: Offer,
  webrtcbinAnswer: string,
  stream: AnsweredStream,
  candidates: readonly string[] = candidatesOf(webrtcbinAnswer),
): string {
  const answer = parse(webrtcbinAnswer);
  const video = answer.media[0];
  if (answer.media.length !== 1 || video?.type !== 'video' || video.direction !== 'sendonly' || video.port === 0) {
    throw new Error(`webrtcbin answered ${video?.direction ?? 'no section'} instead of sendonly`);
  }
  const { mid, codec } = offer.video;
  const sends = (feedback: { payload: number | string }) => feedback.payload === codec.payloadType;
  const rtx =
    codec.rtxPayloadType !== null && video.rtp.some(rtp => rtp.payload === codec.rtxPayloadType)
      ? codec.rtxPayloadType
      : null;
  const origin = answer.origin;
  const session = lines(
    'v=0',
    `o=- ${origin.sessionId} ${origin.sessionVersion} IN IP4 0.0.0.0`,
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    'a=msid-semantic: WMS *',
  );
  const accepted = lines(
    `m=video 9 UDP/TLS/RTP/SAVPF ${codec.payloadType}${rtx === null ? '' : ` ${rtx}`}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    `a=ice-ufrag:${video.iceUfrag}`,
    `a=ice-pwd:${video.icePwd}`,
    `a=fingerprint:${video.fingerprint?.type} ${video.fingerprint?.hash}`,
    `a=setup:${video.setup}`,
    `a=mid:${mid}`,
    'a=sendonly',
    'a=rtcp-mux',
    'a=rtcp-mux-only',
    'a=rtcp-rsize',
    'a=msid:camera video',
    `a=rtpmap:${codec.payloadType} H264/90000`,
    ...(video.rtcpFb ?? [])
      .filter(sends)
      .map(({ type, subtype }) => `a=rtcp-fb:${codec.payloadType} ${subtype ? `${type} ${subtype}` : type}`),
    `a=fmtp:${codec.payloadType} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${announcedProfile(offer, stream)}`,
    ...(rtx === null ? [] : [`a=rtpmap:${rtx} rtx/90000`, `a=fmtp:${rtx} apt=${codec.payloadType}`]),
    ...(video.ssrcGroups ?? []).map(group => `a=ssrc-group:${group.semantics} ${group.ssrcs}`),
    ...[...new Set((video.ssrcs ?? []).map(ssrc => ssrc.id))].map(id => `a=ssrc:${id} cname:camera`),
    ...candidates.map(candidate => `a=candidate:${candidate}`),
    'a=end-of-candidates',
  );
  return (
    session +
    offer.sections.map((section, index) => (index === offer.video.index ? accepted : rejected(section))).join('')
  );
}

function rejected({ kind, protocol, formats, mid }: Offer['sections'][number]): string {
  return lines(`m=${kind} 0 ${protocol} ${formats}`, 'c=IN IP4 0.0.0.0', 'a=inactive', `a=mid:${mid}`);
}

// The profile is the offer's, since it must be the same on both sides (RFC 6184 §8.2.2); the level is the stream's
// where the viewer allows another than its own.
function announcedProfile(offer: Offer, stream: AnsweredStream): string {
  const { profileLevelId, levelAsymmetry } = offer.video.codec;
  if (!levelAsymmetry || !stream.profileLevelId) return profileLevelId;
  return profileLevelId.slice(0, 4) + stream.profileLevelId.slice(4);
}
