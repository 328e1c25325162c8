import { parse, type SessionDescription } from 'sdp-transform';

/** What a viewer offers, read and checked: the sections in order, and the one in which it will be sent video. */
export interface Offer {
  /** Of the section that carries the others in its bundle (RFC 9143): there is one transport a session. */
  transport: { ice: { ufrag: string; pwd: string } };
  /** Every section of the offer, in its order; an answer has as many (RFC 3264 §6). */
  sections: readonly Section[];
  video: VideoSection;
}

/** What the offer is for: its sender wants to be sent a camera (WHEP), or sends one (WHIP). */
export type Purpose = 'watch' | 'publish';

export interface Section {
  /** `audio`, `video`, `application`, … */
  kind: string;
  protocol: string;
  /** The formats of the m-line, as they stand there. */
  formats: string;
  mid: string;
}

export interface VideoSection {
  /** Its place among the sections. */
  index: number;
  mid: string;
  ice: { ufrag: string; pwd: string };
  fingerprint: { hash: string; value: string };
  setup: 'actpass' | 'active' | 'passive';
  /** Values of its `a=candidate` lines; often none, as they may be found by peer reflexion. */
  candidates: readonly string[];
  codec: H264Codec;
}

export interface H264Codec {
  payloadType: number;
  /** Six hexadecimal digits (RFC 6184 §8.1): profile_idc, constraint flags, level_idc. */
  profileLevelId: string;
  /** Whether the receiver's level need not be the sender's (RFC 6184 §8.1). */
  levelAsymmetry: boolean;
  /** The payload type of its retransmissions (RFC 4588); null if the viewer wants none. */
  rtxPayloadType: number | null;
  /** Values of its `a=rtcp-fb` lines, such as `nack pli`. */
  feedback: readonly string[];
}

/** An offer that cannot be used; `code` is the problem's code in the contract. */
export class OfferError extends Error {
  readonly code: 'invalid-sdp' | 'no-common-codec';
  readonly remedy: string | undefined;
  constructor(code: 'invalid-sdp' | 'no-common-codec', message: string, remedy?: string) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}

type Media = SessionDescription['media'][number];

// sdp-transform makes a number of every value that looks like one, whatever its types say: hence String() below.

const MAX_SECTIONS = 32;
const MAX_CANDIDATES = 64;
// RFC 8839 §5.4: ice-char is a letter, a digit, + or /; ufrag 4–256, pwd 22–256. Some clients use other characters of
// base64url, which libnice takes.
const ICE_UFRAG = /^[A-Za-z0-9+/=_-]{4,256}$/;
const ICE_PWD = /^[A-Za-z0-9+/=_-]{22,256}$/;
const MID = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}$/;
const FINGERPRINTS: Readonly<Record<string, number>> = {
  'sha-1': 20,
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};
// What webrtcbin's transceiver answers; anything else in the offer is left out of what it sees.
const FEEDBACK = new Set(['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb']);

/**
 * Reads an SDP offer (RFC 8866, RFC 9429) of a WHEP viewer, and checks everything on which webrtcbin would assert.
 * @throws OfferError
 */
export function parseOffer(text: string, _purpose: Purpose): Offer {
  if (!/^v=0\r?\n/.test(text)) throw invalid('it does not begin with "v=0"');
  const session = parseSdp(text);
  const media = session.media;
  if (media.length === 0) throw invalid('it has no media section');
  if (media.length > MAX_SECTIONS)
    throw invalid(`it has ${media.length} media sections; at most ${MAX_SECTIONS} are taken`);
  const sections = media.map(readSection);
  if (new Set(sections.map(section => section.mid)).size !== sections.length)
    throw invalid('two sections have the same a=mid');
  const video = readVideo(session, media, sections);
  return { sections, video, transport: { ice: video.ice } };
}

function parseSdp(text: string): SessionDescription {
  try {
    return parse(text);
  } catch {
    throw invalid('it cannot be read');
  }
}

function readSection(section: Media, index: number): Section {
  const mid = section.mid === undefined ? undefined : String(section.mid);
  if (mid === undefined) throw invalid(`section ${index} (${section.type}) has no a=mid`);
  if (!MID.test(mid))
    throw invalid(`the a=mid of section ${index} (${section.type}) is not a token of at most 64 characters`);
  const formats = String(section.payloads ?? '');
  if (!/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(formats))
    throw invalid(`section ${index} (${section.type}) names no format`);
  return { kind: section.type, protocol: String(section.protocol), formats, mid };
}

function readVideo(session: SessionDescription, media: Media[], sections: Section[]): VideoSection {
  const receiving = media
    .map((section, index) => ({ section, index }))
    .filter(
      ({ section }) =>
        section.type === 'video' && (section.direction ?? session.direction ?? 'sendrecv').includes('recv'),
    );
  // A port of 0 says that the section is not wanted, unless it rides on another's transport (RFC 9143 §6).
  const wanted = receiving.filter(({ section }) => section.port !== 0 || 'bundleOnly' in section);
  if (wanted.length === 0) {
    throw invalid('it has no video section that can receive', 'Add a video transceiver with the direction "recvonly".');
  }
  for (const { section, index } of wanted) {
    const codec = chooseH264(section);
    const mid = sections[index]?.mid ?? '';
    if (codec) return { index, mid, codec, ...readTransport(session, section, mid) };
  }
  const offered = [...new Set(wanted.flatMap(({ section }) => section.rtp.map(rtp => rtp.codec)))].filter(
    name => name !== 'rtx',
  );
  throw new OfferError(
    'no-common-codec',
    `The offer has no H.264 with a payload type from 96 to 127; it has ${offered.slice(0, 12).join(', ').slice(0, 200) || 'no codec'}.`,
    'Use a player that receives H.264.',
  );
}

function readTransport(
  session: SessionDescription,
  section: Media,
  mid: string,
): Pick<VideoSection, 'ice' | 'fingerprint' | 'setup' | 'candidates'> {
  const where = `the video section (mid ${mid})`;
  if (!/^(UDP|TCP)\/TLS\/RTP\/SAVPF?$/.test(section.protocol))
    throw invalid(`${where} is not sent over DTLS-SRTP but ${String(section.protocol).slice(0, 40)}`);
  if (!section.rtcpMux) throw invalid(`${where} has no a=rtcp-mux`);
  const ufrag = String(section.iceUfrag ?? session.iceUfrag ?? '');
  const pwd = String(section.icePwd ?? session.icePwd ?? '');
  if (!ICE_UFRAG.test(ufrag)) throw invalid(`${where} has no a=ice-ufrag of 4 to 256 ICE characters`);
  if (!ICE_PWD.test(pwd)) throw invalid(`${where} has no a=ice-pwd of 22 to 256 ICE characters`);
  const fingerprint = section.fingerprint ?? session.fingerprint;
  const hash = String(fingerprint?.type ?? '').toLowerCase();
  const value = String(fingerprint?.hash ?? '').toUpperCase();
  const length = FINGERPRINTS[hash];
  if (length === undefined || !new RegExp(`^[0-9A-F]{2}(:[0-9A-F]{2}){${length - 1}}$`).test(value)) {
    throw invalid(`${where} has no usable a=fingerprint`);
  }
  const setup = section.setup ?? session.setup;
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive') {
    throw invalid(`${where} has no a=setup of actpass, active or passive`);
  }
  const candidates = (section.candidates ?? [])
    .filter(candidate => candidate.component === 1 && String(candidate.transport).toLowerCase() === 'udp')
    .slice(0, MAX_CANDIDATES)
    .map(
      ({ foundation, component, transport, priority, ip, port, type, raddr, rport }) =>
        `${foundation} ${component} ${transport} ${priority} ${ip} ${port} typ ${type}${raddr ? ` raddr ${raddr} rport ${rport}` : ''}`,
    )
    .filter(line =>
      /^[A-Za-z0-9+/]{1,32} 1 udp \d{1,10} [0-9A-Za-z.:-]{1,255} \d{1,5} typ (host|srflx|prflx|relay)( raddr [0-9A-Za-z.:-]{1,255} rport \d{1,5})?$/i.test(
        line,
      ),
    );
  return { ice: { ufrag, pwd }, fingerprint: { hash, value }, setup, candidates };
}

/** The H.264 of a section that suits a constrained-baseline stream best; null if it has none. */
function chooseH264(section: Media): H264Codec | null {
  let best: { codec: H264Codec; rank: number } | null = null;
  for (const rtp of section.rtp) {
    if (String(rtp.codec).toUpperCase() !== 'H264' || rtp.rate !== 90_000) continue;
    if (!isUsable(section, rtp.payload)) continue;
    const parameters = formatParameters(section, rtp.payload);
    // RFC 6184 §8.1: without the parameter the profile is Baseline, level 1.
    const profileLevelId = (parameters.get('profile-level-id') ?? '42000a').toLowerCase();
    if (!/^[0-9a-f]{6}$/.test(profileLevelId)) continue;
    const rank = profileRank(profileLevelId) + (parameters.get('packetization-mode') === '1' ? 0 : 10);
    if (rank >= 100 || (best && best.rank <= rank)) continue;
    best = {
      rank,
      codec: {
        payloadType: rtp.payload,
        profileLevelId,
        levelAsymmetry: parameters.get('level-asymmetry-allowed') === '1',
        rtxPayloadType: rtxOf(section, rtp.payload),
        feedback: [
          ...new Set(
            (section.rtcpFb ?? [])
              .filter(feedback => feedback.payload === rtp.payload || String(feedback.payload) === '*')
              .map(feedback => [feedback.type, feedback.subtype].filter(Boolean).join(' '))
              .filter(feedback => FEEDBACK.has(feedback)),
          ),
        ],
      },
    };
  }
  return best?.codec ?? null;
}

function formatParameters(section: Media, payloadType: number): Map<string, string> {
  const config = String(section.fmtp.find(fmtp => fmtp.payload === payloadType)?.config ?? '');
  return new Map(
    config.split(';').map(pair => {
      const [key = '', ...value] = pair.split('=');
      return [key.trim().toLowerCase(), value.join('=').trim()];
    }),
  );
}

function rtxOf(section: Media, payloadType: number): number | null {
  const rtx = section.rtp.find(
    rtp =>
      String(rtp.codec).toLowerCase() === 'rtx' &&
      rtp.payload !== payloadType &&
      isUsable(section, rtp.payload) &&
      formatParameters(section, rtp.payload).get('apt') === String(payloadType),
  );
  return rtx?.payload ?? null;
}

// rtph264pay takes no other payload types; one that the m-line lacks is not offered. sdp-transform leaves "096" a text.
function isUsable(section: Media, payloadType: number): boolean {
  return (
    Number.isInteger(payloadType) &&
    payloadType >= 96 &&
    payloadType <= 127 &&
    String(section.payloads).split(' ').includes(String(payloadType))
  );
}

// A decoder of any of these profiles decodes constrained baseline (H.264 A.2.1.1), nearest first. 100 and more: it
// does not.
function profileRank(profileLevelId: string): number {
  const profile = profileLevelId.slice(0, 2);
  const constraintSet1 = (Number.parseInt(profileLevelId.slice(2, 4), 16) & 0x40) !== 0;
  if (profile === '42') return constraintSet1 ? 0 : 1;
  if (profile === '4d') return 2;
  return profile === '64' ? 3 : 100;
}

function invalid(what: string, remedy?: string): OfferError {
  return new OfferError('invalid-sdp', `The offer cannot be used: ${what}.`, remedy);
}
