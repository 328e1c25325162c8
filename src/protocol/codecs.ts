/** Names as in SDP (IANA's registry of RTP payload formats), in upper case. */
export type VideoCodecName = 'H264' | 'VP8' | 'VP9' | 'AV1' | 'H265';
export type CodecName = VideoCodecName | 'OPUS';

/** Profile of a stream in a codec. */
export interface StreamProfile {
  /** H.264: six hexadecimal digits from the SPS (RFC 6184 §8.1); null for another codec, or before the SPS was read. */
  profileLevelId: string | null;
}

export type FormatParameters = ReadonlyMap<string, string>;

/** How a codec is negotiated. A new codec is a row here and one in worker/encoding/codec-elements.ts. */
export interface CodecRules {
  kind: 'video' | 'audio';
  /** Hz of its RTP timestamps. */
  clockRate: number;
  /** The encoding on the a=rtpmap line. */
  rtpmap: string;
  /** How well an offered format fits the stream: lower is better; null if it cannot carry it. */
  rank(offered: FormatParameters, stream: StreamProfile): number | null;
  /** The parameters on the answer's a=fmtp line; empty for none. */
  answer(offered: FormatParameters, stream: StreamProfile): string;
}

const BASELINE: StreamProfile = { profileLevelId: '42c01f' };

export const CODECS: Readonly<Record<CodecName, CodecRules>> = {
  H264: {
    kind: 'video',
    clockRate: 90_000,
    rtpmap: 'H264/90000',
    rank: rankH264,
    // The packetization mode must be the same on both sides (RFC 6184 §8.2.2); it identifies the format.
    answer: (offered, stream) =>
      [
        'level-asymmetry-allowed=1',
        ...(offered.has('packetization-mode') ? [`packetization-mode=${offered.get('packetization-mode')}`] : []),
        `profile-level-id=${announcedProfile(offered, stream)}`,
      ].join(';'),
  },
  VP8: { kind: 'video', clockRate: 90_000, rtpmap: 'VP8/90000', rank: () => 0, answer: () => '' },
  // RFC 9628 §6: without the parameter it is profile 0, the 8-bit one that every browser supports.
  VP9: only('VP9/90000', 'profile-id', '0'),
  // RTP Payload Format for AV1, §7.2.1: main profile unless the parameter says otherwise.
  AV1: only('AV1/90000', 'profile', '0'),
  // RFC 7798 §7.1: main profile unless the parameter says otherwise.
  H265: only('H265/90000', 'profile-id', '1'),
  OPUS: {
    kind: 'audio',
    clockRate: 48_000,
    rtpmap: 'opus/48000/2',
    rank: () => 0,
    answer: () => 'minptime=10;useinbandfec=1',
  },
};

/** The codec of that name, case-insensitive; null if it is not in the table. */
export function codecNamed(name: string): CodecName | null {
  const upper = name.toUpperCase();
  return Object.hasOwn(CODECS, upper) ? (upper as CodecName) : null;
}

function only(rtpmap: string, parameter: string, value: string): CodecRules {
  return {
    kind: 'video',
    clockRate: 90_000,
    rtpmap,
    rank: offered => ((offered.get(parameter) ?? value) === value ? 0 : null),
    // All parameters as offered: they must be the same on both sides.
    answer: offered => [...offered].map(([key, given]) => `${key}=${given}`).join(';'),
  };
}

// A format with the stream's own profile is best. After that the others, nearest first: a decoder of any of these
// profiles decodes constrained baseline (H.264 A.2.1.1), and most decoders support more than they declare.
function rankH264(offered: FormatParameters, stream: StreamProfile): number | null {
  const profileLevelId = offeredProfile(offered);
  if (!/^[0-9a-f]{6}$/.test(profileLevelId)) return null;
  const order = ['constrained-baseline', 'baseline', 'main', 'constrained-high', 'high'];
  const profile = h264Profile(profileLevelId);
  const nearness = profile === h264Profile(stream.profileLevelId ?? '42c01f') ? 0 : order.indexOf(profile) + 1;
  if (profile === 'other') return null;
  // Mode 1 is sent. Receivers that declare 0, or nothing, accept it all the same; 2 is a different format.
  const mode = offered.get('packetization-mode') ?? '0';
  return mode === '0' || mode === '1' ? nearness + (mode === '1' ? 0 : 10) : null;
}

/** The profile that profile_idc and the constraint flags mean (RFC 6184 §8.1, table 5). */
function h264Profile(profileLevelId: string): string {
  const idc = profileLevelId.slice(0, 2).toLowerCase();
  const flags = Number.parseInt(profileLevelId.slice(2, 4), 16);
  const set = (flag: number): boolean => (flags & (0x80 >> flag)) !== 0;
  if ((idc === '42' && set(1)) || (idc === '4d' && set(0)) || (idc === '58' && set(0) && set(1)))
    return 'constrained-baseline';
  if (idc === '42') return 'baseline';
  if (idc === '4d') return 'main';
  if (idc === '64') return set(4) && set(5) ? 'constrained-high' : 'high';
  return 'other';
}

function offeredProfile(offered: FormatParameters): string {
  // RFC 6184 §8.1: without the parameter the profile is Baseline, level 1.
  return (offered.get('profile-level-id') ?? '42000a').toLowerCase();
}

// The profile must be the same on both sides (RFC 6184 §8.2.2): if the stream's is, the answer has exactly the value of
// its SPS; otherwise the offer's profile stays. The level is the stream's if the viewer allows level asymmetry.
function announcedProfile(offered: FormatParameters, { profileLevelId }: StreamProfile): string {
  const theirs = offeredProfile(offered);
  if (profileLevelId === null) return theirs;
  if (!offered.has('profile-level-id')) return profileLevelId;
  if (offered.get('level-asymmetry-allowed') !== '1') return theirs;
  return h264Profile(profileLevelId) === h264Profile(theirs)
    ? profileLevelId
    : theirs.slice(0, 4) + profileLevelId.slice(4);
}

/** Whether a stream has the profile announced for this format; levels may differ. */
export function isOfAnnouncedProfile(offered: FormatParameters, profileLevelId: string): boolean {
  return !offered.has('profile-level-id') || h264Profile(offeredProfile(offered)) === h264Profile(profileLevelId);
}

/** Assumed profile of a stream before its first frame: the one that the encoders here produce. */
export const EXPECTED: StreamProfile = BASELINE;
