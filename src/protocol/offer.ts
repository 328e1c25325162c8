import { parse, type SessionDescription } from 'sdp-transform';
import { CODECS, type CodecName, codecNamed, type FormatParameters } from './codecs.js';
import { readTransport, type Transport } from './transport.js';

/** What the offer is for: its sender wants to be sent a camera (WHEP), or sends one (WHIP). */
export type Purpose = 'watch' | 'publish';

/** An offer, read and checked. */
export interface Offer {
  purpose: Purpose;
  /** Every section of the offer, in its order; an answer has as many (RFC 3264 §6). */
  sections: readonly Section[];
  /** Whether the sections below share one transport by a BUNDLE group (RFC 9143). */
  bundled: boolean;
  transport: Transport;
  /** Those in which pictures can go the way that the purpose says; at least one, all on the transport. */
  video: readonly MediaSection[];
  /** Likewise sound; often none. */
  audio: readonly MediaSection[];
}

export interface Section {
  /** `audio`, `video`, `application`, … */
  kind: string;
  protocol: string;
  /** The formats of the m-line, as they stand there. */
  formats: string;
  mid: string;
}

export interface MediaSection {
  /** Its place among the sections. */
  index: number;
  mid: string;
  /** The formats that this project knows and can use, in the order of the offer. */
  codecs: readonly OfferedCodec[];
  /** The names of all its formats, for people. */
  names: readonly string[];
  /** Header extensions of which something is made (see EXTENSIONS), with the ids that the offer gives them. */
  extensions: readonly { id: number; uri: string }[];
  /** What it says that it will be sent by (RFC 5576), retransmissions included; empty if it does not say. */
  ssrcs: readonly number[];
  /** Its pairs of an SSRC and the SSRC of its retransmissions. */
  rtxGroups: readonly (readonly [number, number])[];
}

export interface OfferedCodec {
  name: CodecName;
  payloadType: number;
  parameters: FormatParameters;
  /** The payload type of its retransmissions (RFC 4588); null if none are wanted. */
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
const MID = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}$/;
const MAX_SSRCS = 8;
/**
 * Of a publisher: how his packets arrive is reported to him, which is how he finds his bitrate; and a packet names its
 * section, where the offer does not name its SSRC.
 */
const EXTENSIONS = new Set([
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:sdes:mid',
]);
// What webrtcbin's transceiver answers; anything else in the offer is left out of what it sees.
const FEEDBACK = new Set(['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb']);

/**
 * Reads an SDP offer (RFC 8866, RFC 9429), and checks everything on which webrtcbin would assert.
 * @throws OfferError
 */
export function parseOffer(text: string, purpose: Purpose): Offer {
  if (!/^v=0\r?\n/.test(text)) throw invalid('it does not begin with "v=0"');
  const session = parseSdp(text);
  if (session.media.length === 0) throw invalid('it has no media section');
  if (session.media.length > MAX_SECTIONS)
    throw invalid(`it has ${session.media.length} media sections; at most ${MAX_SECTIONS} are taken`);
  const sections = session.media.map(readSection);
  if (new Set(sections.map(({ mid }) => mid)).size !== sections.length)
    throw invalid('two sections have the same a=mid');
  const usable = session.media.map(media => isUsable(session, media, purpose));
  const first = session.media.findIndex((media, index) => media.type === 'video' && usable[index]);
  if (first < 0) {
    const [can, direction] = purpose === 'watch' ? ['receive', 'recvonly'] : ['send', 'sendonly'];
    throw invalid(
      `it has no video section that can ${can}`,
      `Add a video transceiver with the direction "${direction}".`,
    );
  }
  const bundle = bundleOf(session, sections[first]?.mid ?? '');
  const read = (kind: 'video' | 'audio'): MediaSection[] =>
    session.media.flatMap((media, index) => {
      const mid = sections[index]?.mid ?? '';
      // Without a bundle each section would have a transport of its own; one is all that a session has.
      if (media.type !== kind || !usable[index] || (index !== first && !bundle.includes(mid))) return [];
      return [readMedia(media, kind, index, mid)];
    });
  const carriers = session.media.filter((_, index) => index === first || bundle.includes(sections[index]?.mid ?? ''));
  return {
    purpose,
    sections,
    bundled: bundle.length > 0,
    transport: readTransport(session, session.media[first] as Media, carriers, invalid),
    video: read('video'),
    audio: read('audio'),
  };
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

function isUsable(session: SessionDescription, section: Media, purpose: Purpose): boolean {
  const direction = String(section.direction ?? session.direction ?? 'sendrecv');
  // A port of 0 says that the section is not wanted, unless it rides on another's transport (RFC 9143 §6).
  const wanted = section.port !== 0 || 'bundleOnly' in section;
  return wanted && direction.includes(purpose === 'watch' ? 'recv' : 'send');
}

/** The mids of the BUNDLE group that a section is in; none if it is in none. */
function bundleOf(session: SessionDescription, mid: string): string[] {
  for (const { type, mids } of session.groups ?? []) {
    const group = String(mids ?? '').split(' ');
    if (type === 'BUNDLE' && group.includes(mid)) return group;
  }
  return [];
}

function readMedia(section: Media, kind: 'video' | 'audio', index: number, mid: string): MediaSection {
  const ssrcs = [...new Set((section.ssrcs ?? []).map(({ id }) => Number(id)))].filter(isSsrc).slice(0, MAX_SSRCS);
  return {
    index,
    mid,
    codecs: section.rtp.flatMap(rtp => readCodec(section, kind, rtp)),
    names: [...new Set(section.rtp.map(rtp => String(rtp.codec)))].filter(name => name !== 'rtx'),
    // 15 and more need two-byte headers (RFC 8285 §4.2).
    extensions: (section.ext ?? [])
      .filter(({ uri, value }) => EXTENSIONS.has(uri) && Number.isInteger(value) && value >= 1 && value <= 14)
      .map(({ uri, value }) => ({ id: value, uri }))
      .filter(({ id, uri }, at, all) => all.findIndex(other => other.id === id || other.uri === uri) === at),
    ssrcs,
    rtxGroups: (section.ssrcGroups ?? []).flatMap(({ semantics, ssrcs: members }) => {
      const [media, rtx, ...rest] = String(members).split(' ').map(Number);
      const known = media !== undefined && rtx !== undefined && ssrcs.includes(media) && ssrcs.includes(rtx);
      return semantics === 'FID' && known && media !== rtx && rest.length === 0 ? [[media, rtx] as const] : [];
    }),
  };
}

function isSsrc(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value < 2 ** 32;
}

function readCodec(section: Media, kind: 'video' | 'audio', rtp: Media['rtp'][number]): OfferedCodec[] {
  const name = codecNamed(String(rtp.codec));
  if (!name || CODECS[name].kind !== kind || rtp.rate !== CODECS[name].clockRate || !isDynamic(section, rtp.payload))
    return [];
  const feedback = (section.rtcpFb ?? [])
    .filter(({ payload }) => payload === rtp.payload || String(payload) === '*')
    .map(({ type, subtype }) => [type, subtype].filter(Boolean).join(' '))
    .filter(value => FEEDBACK.has(value));
  return [
    {
      name,
      payloadType: rtp.payload,
      parameters: formatParameters(section, rtp.payload),
      rtxPayloadType: kind === 'video' ? rtxOf(section, rtp.payload) : null,
      feedback: [...new Set(feedback)],
    },
  ];
}

// What of it goes into an answer must be a plain token, whatever else the line holds.
function formatParameters(section: Media, payloadType: number): FormatParameters {
  const config = String(section.fmtp.find(fmtp => fmtp.payload === payloadType)?.config ?? '');
  return new Map(
    config
      .split(';')
      .map((pair): [string, string] => {
        const [key = '', ...value] = pair.split('=');
        return [key.trim().toLowerCase(), value.join('=').trim()];
      })
      .filter(([key, value]) => /^[a-z0-9-]{1,40}$/.test(key) && /^[A-Za-z0-9+/=,.-]{1,400}$/.test(value)),
  );
}

function rtxOf(section: Media, payloadType: number): number | null {
  const rtx = section.rtp.find(
    rtp =>
      String(rtp.codec).toLowerCase() === 'rtx' &&
      rtp.payload !== payloadType &&
      isDynamic(section, rtp.payload) &&
      formatParameters(section, rtp.payload).get('apt') === String(payloadType),
  );
  return rtx?.payload ?? null;
}

// The payloaders' caps allow no payload types but these; one that the m-line lacks is not offered. sdp-transform leaves
// "096" a text. (Browsers give their less usual codecs 35 to 63; 96 and up are tried first by all of them.)
function isDynamic(section: Media, payloadType: number): boolean {
  return (
    Number.isInteger(payloadType) &&
    payloadType >= 96 &&
    payloadType <= 127 &&
    String(section.payloads).split(' ').includes(String(payloadType))
  );
}

function invalid(what: string, remedy?: string): OfferError {
  return new OfferError('invalid-sdp', `The offer cannot be used: ${what}.`, remedy);
}
