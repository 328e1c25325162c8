import { CODECS, type CodecName, EXPECTED, type StreamProfile, type VideoCodecName } from './codecs.js';
import { type MediaSection, type Offer, OfferError, type OfferedCodec } from './offer.js';

/** A section of an offer and the one of its formats that is used. */
export interface Agreed {
  section: MediaSection;
  codec: OfferedCodec;
}

/** What an offer and a camera have in common: the sections that are accepted. */
export interface Agreement {
  /** Of the video. */
  codec: VideoCodecName;
  video: Agreed;
  audio: Agreed | null;
}

/** A stream that a viewer can be sent, or that a publisher may send. */
export interface Stream extends StreamProfile {
  codec: VideoCodecName;
}

/** What a publisher may send, best first: what every player plays comes first. */
export const PUBLISHABLE: readonly Stream[] = [
  { codec: 'H264', ...EXPECTED },
  { codec: 'VP8', profileLevelId: null },
  { codec: 'VP9', profileLevelId: null },
  { codec: 'H265', profileLevelId: null },
  { codec: 'AV1', profileLevelId: null },
];

/**
 * Chooses the codecs: the first of the streams that the offer has a format for, in the first section that has it.
 * @param streams what there is, best first
 * @param hasAudio whether sound (Opus) is there or wanted
 * @throws OfferError no-common-codec, naming both sides'
 */
export function agree(offer: Offer, streams: readonly Stream[], hasAudio: boolean): Agreement {
  for (const stream of streams) {
    for (const section of offer.video) {
      const codec = best(section, stream.codec, stream);
      if (codec) return { codec: stream.codec, video: { section, codec }, audio: hasAudio ? agreeAudio(offer) : null };
    }
  }
  const offered = [...new Set(offer.video.flatMap(({ names }) => names))].slice(0, 12).join(', ').slice(0, 200);
  const wanted = [...new Set(streams.map(({ codec }) => codec))].join(', ');
  throw new OfferError(
    'no-common-codec',
    offer.purpose === 'watch'
      ? `The camera is sent in ${wanted}; the offer has ${offered || 'no codec'}, with payload types from 96 to 127.`
      : `The offer has ${offered || 'no codec'}; ${wanted} are taken, with payload types from 96 to 127.`,
    offer.purpose === 'watch' ? `Use a player that receives ${wanted}.` : `Publish in ${wanted}.`,
  );
}

function agreeAudio(offer: Offer): Agreed | null {
  for (const section of offer.audio) {
    const codec = best(section, 'OPUS', EXPECTED);
    if (codec && (offer.purpose === 'watch' || isToldApart(section))) return { section, codec };
  }
  return null;
}

// Sound that arrives in one bundle with the picture must say that it is none.
function isToldApart({ ssrcs, extensions }: MediaSection): boolean {
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
