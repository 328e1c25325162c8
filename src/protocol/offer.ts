import { parse, type SessionDescription } from 'sdp-transform';
import { CODECS, type CodecName, codecNamed, type FormatParameters } from './codecs.js';
import { MID } from './mid.js';
import { readTransport, type Transport } from './transport.js';

/** What the offer is for: receiving a camera (WHEP), or sending one (WHIP). */
export type Purpose = 'watch' | 'publish';

/** A parsed and checked offer. */
export interface Offer {
  purpose: Purpose;
  /** Every section of the offer, in order; an answer has as many (RFC 3264 §6). */
  sections: readonly Section[];
  /** The mids of the BUNDLE group of the sections below, in its order (RFC 9143); empty without a group. */
  bundle: readonly string[];
  /** Of the first video section below. Which one is used depends on the agreement: see carrierOf. */
  transport: Transport;
  /** The video sections with a direction that fits the purpose; at least one. */
  video: readonly MediaSection[];
  /** The audio sections that fit; often none. */
  audio: readonly MediaSection[];
}

export interface Section {
  /** `audio`, `video`, `application`, … */
  kind: string;
  protocol: string;
  /** The first format of the m-line, verbatim. */
  format: string;
  mid: string;
}

export interface MediaSection {
  /** Its index among the sections. */
  index: number;
  mid: string;
  /** Its own, or without one, that of the BUNDLE group. */
  transport: Transport;
  /** Whether it can only use another section's transport (RFC 9143 §6). */
  bundleOnly: boolean;
  /** The formats that this project supports, in the order of the offer. */
  codecs: readonly OfferedCodec[];
  /** The names of all its formats, for people. */
  names: readonly string[];
  /** The supported header extensions (see EXTENSIONS), with their ids in the offer. */
  extensions: readonly { id: number; uri: string }[];
  /** The declared SSRCs (RFC 5576), including retransmissions; often none. */
  ssrcs: readonly number[];
  /** Pairs of an SSRC and the SSRC of its retransmissions. */
  rtxGroups: readonly (readonly [number, number])[];
}

export interface OfferedCodec {
  name: CodecName;
  payloadType: number;
  parameters: FormatParameters;
  /** The payload type of its retransmissions (RFC 4588); null without them. */
  rtxPayloadType: number | null;
  /** Values of its `a=rtcp-fb` lines, such as `nack pli`. */
  feedback: readonly string[];
}

/** An unusable offer; `code` is the problem's code in the contract. */
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

// sdp-transform turns every value that looks like a number into one, whatever its types say: hence String() below.

const MAX_SECTIONS = 32;
const MAX_PARAMETERS = 32;
const MAX_SSRCS = 8;
/**
 * Of a publisher: transport-wide feedback, from which it finds its bitrate; and the mid of each packet, for offers
 * without SSRCs.
 */
const EXTENSIONS = new Set([
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:sdes:mid',
]);
// The feedback that webrtcbin's transceiver answers; anything else is removed from the offer that it gets.
const FEEDBACK = new Set(['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb']);

/**
 * Parses an SDP offer (RFC 8866, RFC 9429), and checks everything on which webrtcbin would assert.
 * @throws OfferError
 */
export function parseOffer(text: string, purpose: Purpose): Offer {
  if (!/^v=0\r?\n/.test(text)) throw invalid('it does not begin with "v=0"');
  const session = parseSdp(text);
  if (session.media.length === 0) throw invalid('it has no media section');
  if (session.media.length > MAX_SECTIONS)
    throw invalid(`it has ${session.media.length} media sections; at most ${MAX_SECTIONS} are allowed`);
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
  const carriers = bundle.flatMap(mid => session.media[sections.findIndex(section => section.mid === mid)] ?? []);
  const read = (kind: 'video' | 'audio'): MediaSection[] =>
    session.media.flatMap((media, index) => {
      const mid = sections[index]?.mid ?? '';
      // Without BUNDLE each section would have its own transport; a session has only one.
      if (media.type !== kind || !usable[index] || (index !== first && !bundle.includes(mid))) return [];
      const transport = index === first ? main : transportOrNull(session, media, carriers);
      return transport ? [{ index, mid, transport, ...readMedia(media, kind) }] : [];
    });
  const main = readTransport(session, session.media[first] as Media, carriers, invalid);
  return { purpose, sections, bundle, transport: main, video: read('video'), audio: read('audio') };
}

// Only the first section is required: another one with an invalid transport is skipped.
function transportOrNull(session: SessionDescription, media: Media, carriers: readonly Media[]): Transport | null {
  try {
    return readTransport(session, media, carriers, invalid);
  } catch {
    return null;
  }
}

function parseSdp(text: string): SessionDescription {
  try {
    return parse(text);
  } catch {
    throw invalid('it cannot be parsed');
  }
}

function readSection(section: Media, index: number): Section {
  const mid = section.mid === undefined ? undefined : String(section.mid);
  const kind = String(section.type ?? '');
  const where = `section ${index} (${kind.slice(0, 20)})`;
  if (mid === undefined) throw invalid(`${where} has no a=mid`);
  if (!MID.test(mid)) throw invalid(`the a=mid of ${where} is not a token of at most 64 characters`);
  const [, format] = /^([\x21-\x7e]+)(?: [\x21-\x7e]+)*$/.exec(String(section.payloads ?? '')) ?? [];
  if (format === undefined) throw invalid(`${where} names no format`);
  return { kind, protocol: String(section.protocol), format, mid };
}

function isUsable(session: SessionDescription, section: Media, purpose: Purpose): boolean {
  const direction = String(section.direction ?? session.direction ?? 'sendrecv');
  // Port 0 means that the section is rejected, unless it uses another's transport (RFC 9143 §6).
  const wanted = section.port !== 0 || 'bundleOnly' in section;
  return wanted && direction.includes(purpose === 'watch' ? 'recv' : 'send');
}

/** The mids of the BUNDLE group of a section; empty without a group. */
function bundleOf(session: SessionDescription, mid: string): string[] {
  for (const { type, mids } of session.groups ?? []) {
    const group = String(mids ?? '').split(' ');
    if (type === 'BUNDLE' && group.includes(mid)) return [...new Set(group)];
  }
  return [];
}

interface Format {
  payloadType: number;
  /** In upper case. */
  name: string;
  clockRate: unknown;
  parameters: FormatParameters;
}

function readMedia(
  section: Media,
  kind: 'video' | 'audio',
): Pick<MediaSection, 'bundleOnly' | 'codecs' | 'names' | 'extensions' | 'ssrcs' | 'rtxGroups'> {
  const formats = readFormats(section);
  return {
    bundleOnly: section.port === 0,
    codecs: formats.flatMap(format => readCodec(section, kind, format, formats)),
    names: [...new Set(section.rtp.map(rtp => String(rtp.codec)))].filter(name => !/^(rtx)?$/i.test(name)),
    // Ids from 15 need two-byte headers (RFC 8285 §4.2).
    extensions: (section.ext ?? [])
      .filter(({ uri, value }) => EXTENSIONS.has(uri) && Number.isInteger(value) && value >= 1 && value <= 14)
      .map(({ uri, value }) => ({ id: value, uri }))
      .filter(({ id, uri }, at, all) => all.findIndex(other => other.id === id || other.uri === uri) === at),
    ...readSources(section),
  };
}

/** The SSRCs of a section (RFC 5576), and its pairs of an SSRC and the SSRC of its retransmissions. */
export function readSources(section: Media): Pick<MediaSection, 'ssrcs' | 'rtxGroups'> {
  const ssrcs = [...new Set((section.ssrcs ?? []).map(({ id }) => Number(id)))].filter(isSsrc).slice(0, MAX_SSRCS);
  return { ssrcs, rtxGroups: readRtxGroups(section, ssrcs) };
}

// An SSRC is in at most one pair.
function readRtxGroups(section: Media, ssrcs: readonly number[]): (readonly [number, number])[] {
  const groups: (readonly [number, number])[] = [];
  for (const { semantics, ssrcs: members } of section.ssrcGroups ?? []) {
    const [media, rtx, ...rest] = String(members).split(' ').map(Number);
    if (semantics !== 'FID' || media === undefined || rtx === undefined || media === rtx || rest.length > 0) continue;
    const isFree = [media, rtx].every(ssrc => ssrcs.includes(ssrc) && !groups.some(group => group.includes(ssrc)));
    if (isFree) groups.push([media, rtx]);
  }
  return groups;
}

function isSsrc(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value < 2 ** 32;
}

function readCodec(
  section: Media,
  kind: 'video' | 'audio',
  format: Format,
  formats: readonly Format[],
): OfferedCodec[] {
  const { payloadType, parameters } = format;
  const name = codecNamed(format.name);
  if (!name || CODECS[name].kind !== kind || format.clockRate !== CODECS[name].clockRate) return [];
  const feedback = (section.rtcpFb ?? [])
    .filter(({ payload }) => payload === payloadType || String(payload) === '*')
    .map(({ type, subtype }) => [type, subtype].filter(Boolean).join(' '))
    .filter(value => FEEDBACK.has(value));
  const rtx = formats.find(other => other.name === 'RTX' && other.parameters.get('apt') === String(payloadType));
  return [
    {
      name,
      payloadType,
      parameters,
      rtxPayloadType: kind === 'video' ? (rtx?.payloadType ?? null) : null,
      feedback: [...new Set(feedback)],
    },
  ];
}

// The payloaders' caps allow only these payload types; one that is not on the m-line is not offered. sdp-transform
// keeps "096" as a string. (Browsers assign 35 to 63 to their less common codecs; all use 96 and up first.) Of
// duplicate lines the first counts, so that there are at most 32 formats, however many lines there are.
function readFormats(section: Media): Format[] {
  const offered = new Set(String(section.payloads).split(' '));
  const configs = new Map<number, string>();
  for (const { payload, config } of section.fmtp) if (!configs.has(payload)) configs.set(payload, String(config ?? ''));
  const formats = new Map<number, Format>();
  for (const { payload, codec, rate } of section.rtp) {
    const isDynamic = Number.isInteger(payload) && payload >= 96 && payload <= 127;
    if (!isDynamic || formats.has(payload) || !offered.has(String(payload))) continue;
    formats.set(payload, {
      payloadType: payload,
      name: String(codec).toUpperCase(),
      clockRate: rate,
      parameters: formatParameters(configs.get(payload) ?? ''),
    });
  }
  return [...formats.values()];
}

// Parameters may go into an answer, so only plain tokens are kept.
function formatParameters(config: string): FormatParameters {
  return new Map(
    config
      .split(';', MAX_PARAMETERS)
      .map((pair): [string, string] => {
        const [key = '', ...value] = pair.split('=');
        return [key.trim().toLowerCase(), value.join('=').trim()];
      })
      .filter(([key, value]) => /^[a-z0-9-]{1,40}$/.test(key) && /^[A-Za-z0-9+/=,.-]{1,400}$/.test(value)),
  );
}

function invalid(what: string, remedy?: string): OfferError {
  return new OfferError('invalid-sdp', `The offer cannot be used: ${what}.`, remedy);
}
