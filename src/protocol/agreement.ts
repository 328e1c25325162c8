import { CODECS, type CodecName, EXPECTED, type StreamProfile, type VideoCodecName } from './codecs.js';
import { type MediaSection, type Offer, OfferError, type OfferedCodec } from './offer.js';

/** A section of an offer, and the format of it that is used. */
export interface Agreed {
  section: MediaSection;
  codec: OfferedCodec;
}

/** The sections of an offer that are accepted for a camera. */
export interface Agreement {
  /** The codec of the video. */
  codec: VideoCodecName;
  video: Agreed;
  audio: Agreed | null;
  /**
   * An audio section that is accepted although there is no sound to send: several stacks (webrtcbin, aiortc, werift)
   * fail
   * on an answer that rejects it.
   */
  silent: Agreed | null;
}

/** A stream that a viewer can receive, or that a publisher may send. */
export interface Stream extends StreamProfile {
  codec: VideoCodecName;
}

/** What a publisher may send, best first: the codec that every player supports comes first. */
export const PUBLISHABLE: readonly Stream[] = [
  { codec: 'H264', ...EXPECTED },
  { codec: 'VP8', profileLevelId: null },
  { codec: 'VP9', profileLevelId: null },
  { codec: 'H265', profileLevelId: null },
  { codec: 'AV1', profileLevelId: null },
];

/**
 * Chooses the codecs: the first stream for which the offer has a format, in the first section that has it.
 * @param streams the available streams, best first
 * @param hasAudio whether sound (Opus) is available or wanted
 * @throws OfferError no-common-codec, listing the codecs of both sides
 */
export function agree(offer: Offer, streams: readonly Stream[], hasAudio: boolean): Agreement {
  for (const stream of streams) {
    for (const section of offer.video) {
      const codec = best(section, stream.codec, stream);
      if (!codec) continue;
      const video = { section, codec };
      const sound = agreeAudio(offer, video);
      const audio = hasAudio && sound && (offer.purpose === 'watch' || isIdentifiable(sound.section)) ? sound : null;
      return { codec: stream.codec, video, audio, silent: audio ? null : sound };
    }
  }
  const offered = [...new Set(offer.video.flatMap(({ names }) => names))].slice(0, 12).join(', ').slice(0, 200);
  const wanted = [...new Set(streams.map(({ codec }) => codec))].join(', ');
  throw new OfferError(
    'no-common-codec',
    offer.purpose === 'watch'
      ? `The camera is available in ${wanted}; the offer has ${offered || 'no codec'}, with payload types from 96 to 127.`
      : `The offer has ${offered || 'no codec'}; accepted are ${wanted}, with payload types from 96 to 127.`,
    offer.purpose === 'watch' ? `Use a player that receives ${wanted}.` : `Publish in ${wanted}.`,
  );
}

/**
 * The section whose transport all accepted sections use: the first accepted one of the BUNDLE group that has its own
 * transport (RFC 9143 §7.3.1). Clients may give every section its own ICE credentials.
 */
export function carrierOf({ bundle }: Offer, { video, audio, silent }: Agreement): MediaSection {
  const sections = [video, audio ?? silent ?? video]
    .map(({ section }) => section)
    .sort((a, b) => bundle.indexOf(a.mid) - bundle.indexOf(b.mid));
  return sections.find(({ bundleOnly }) => !bundleOnly) ?? video.section;
}

// Within a BUNDLE group, payload types, extension ids and SSRCs are unique (RFC 9143 §9).
function agreeAudio(offer: Offer, video: Agreed): Agreed | null {
  for (const section of offer.audio) {
    const codec = best(section, 'OPUS', EXPECTED);
    if (!codec || codec.payloadType === video.codec.payloadType || codec.payloadType === video.codec.rtxPayloadType)
      continue;
    return { section: withoutConflicts(section, video.section), codec };
  }
  return null;
}

function withoutConflicts(section: MediaSection, { extensions, ssrcs }: MediaSection): MediaSection {
  return {
    ...section,
    extensions: section.extensions.filter(({ id, uri }) =>
      extensions.every(other => (other.id === id) === (other.uri === uri)),
    ),
    ssrcs: section.ssrcs.filter(ssrc => !ssrcs.includes(ssrc)),
  };
}

// Sound in one BUNDLE group with the video must be distinguishable from it.
function isIdentifiable({ ssrcs, extensions }: MediaSection): boolean {
  return ssrcs.length > 0 || extensions.some(({ uri }) => uri.endsWith(':mid'));
}

function best(section: MediaSection, name: CodecName, stream: StreamProfile): OfferedCodec | null {
  let found: { codec: OfferedCodec; rank: number } | null = null;
  for (const codec of section.codecs) {
    const rank = codec.name === name ? CODECS[name].rank(codec.parameters, stream) : null;
    if (rank !== null && (!found || rank < found.rank)) found = { codec, rank };
  }
  return found?.codec ?? null;
}
