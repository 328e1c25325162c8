import { parse, type SessionDescription } from 'sdp-transform';
import { readSources } from './offer.js';
import { lines, sources } from './sdp-for-webrtcbin.js';
import { readTransport, type Transport } from './transport.js';

/** An unusable answer: `no-common-codec` if it rejects the video, `invalid-sdp` for anything else. */
export class AnswerError extends Error {
  readonly code: 'invalid-sdp' | 'no-common-codec';
  constructor(code: 'invalid-sdp' | 'no-common-codec', message: string) {
    super(message);
    this.code = code;
  }
}

type Media = SessionDescription['media'][number];

/** The peer that answers. */
export interface Answerer {
  /** For people. */
  name: string;
  /** The direction of the video, as seen from the peer. */
  direction: 'sendonly' | 'recvonly';
  /** The mids of the sections that the peer was offered, if they differ from those in the offer. */
  mids?: readonly string[];
}

const SERVER: Answerer = { name: 'server', direction: 'sendonly' };

/** The values of `a=rtcp-fb` lines that this project uses. */
const FEEDBACK = new Set(['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb']);

/**
 * Makes the answer for webrtcbin from a peer's answer to an offer of video: rewritten from the parsed and checked
 * values, so that no foreign text reaches webrtcbin (docs/adr/0003), as version 1.22 aborts the process if certain
 * lines are missing. Sections that the peer rejects become inactive, unless it rejects all.
 * @throws AnswerError
 */
export function answerForWebrtcbin(answer: string, offer: string, answerer = SERVER): string {
  const session = read(answer, 'answer', answerer);
  const offered = read(offer, 'offer', answerer).media;
  const mids = offered.map(({ mid }) => String(mid));
  const names = answerer.mids ?? mids;
  const sections = offered.map((section, index) => {
    // Peers that were offered one section may omit its mid in their answer.
    const media =
      session.media.find(({ mid }) => mid !== undefined && String(mid) === names[index]) ??
      session.media.find((other, at) => other.mid === undefined && at === index);
    return { section, ...judge(session, media, section, answerer) };
  });
  const wanted = sections.find(({ refusal }) => refusal === null);
  if (!wanted?.media) throw sections[0]?.refusal ?? invalid(answerer, 'it has no section');
  const first = wanted.media;
  const carriers = session.media.filter(media => media !== first);
  const transport = readTransport(session, { ...first, rtcpMux: first.rtcpMux ?? 'rtcp-mux' }, carriers, what =>
    invalid(answerer, what),
  );
  if (transport.setup === 'actpass') throw invalid(answerer, 'its a=setup is "actpass", which only an offer may have');
  return (
    lines('v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', `a=group:BUNDLE ${mids.join(' ')}`) +
    sections
      .map(({ section, media, payloadType }, index) =>
        describe(section, { media, payloadType, transport, direction: answerer.direction, isFirst: index === 0 }),
      )
      .join('')
  );
}

interface Judged {
  /** The answered section; null if it was rejected. */
  media: Media | null;
  payloadType: number;
  /** Why the section carries nothing; null if it does. */
  refusal: AnswerError | null;
}

function judge(session: SessionDescription, media: Media | undefined, offered: Media, answerer: Answerer): Judged {
  const unwanted = (refusal: AnswerError): Judged => ({
    media: null,
    payloadType: Number(String(offered.payloads).split(' ')[0]),
    refusal,
  });
  if (media?.type !== 'video') return unwanted(invalid(answerer, 'it has no section for the requested video'));
  const sends = answerer.direction === 'sendonly';
  const noVideo = (how: string): AnswerError =>
    new AnswerError(
      'no-common-codec',
      `The ${answerer.name} ${sends ? 'has no H.264 video to send' : 'does not accept H.264 video'} (it answered ${how}).`,
    );
  if (media.port === 0 && !('bundleOnly' in media)) return unwanted(noVideo('with port 0'));
  const direction = String(media.direction ?? session.direction ?? 'sendrecv');
  // The answer of webrtcbin and others without a common codec.
  if (direction === 'inactive') return unwanted(noVideo('"inactive"'));
  if (!direction.includes(sends ? 'send' : 'recv'))
    return unwanted(
      invalid(
        answerer,
        `its video section is ${direction.slice(0, 20)}, which ${sends ? 'sends' : 'receives'} no video`,
      ),
    );
  try {
    return { media, payloadType: agreedPayloadType(media, offered, answerer), refusal: null };
  } catch (error) {
    if (error instanceof AnswerError) return unwanted(error);
    throw error;
  }
}

interface Described {
  media: Media | null;
  payloadType: number;
  transport: Transport;
  direction: Answerer['direction'];
  isFirst: boolean;
}

function describe(offered: Media, { media, payloadType, transport, direction, isFirst }: Described): string {
  const rtx = media && rtxOf(offered, payloadType, media);
  return lines(
    `m=video 9 UDP/TLS/RTP/SAVPF ${payloadType}${rtx === null ? '' : ` ${rtx}`}`,
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${transport.ice.ufrag}`,
    `a=ice-pwd:${transport.ice.pwd}`,
    `a=fingerprint:${transport.fingerprint.hash} ${transport.fingerprint.value}`,
    `a=setup:${transport.setup}`,
    `a=mid:${offered.mid}`,
    `a=${media ? direction : 'inactive'}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    `a=rtpmap:${payloadType} H264/90000`,
    ...(media ? feedbackOf(media, payloadType) : []).map(feedback => `a=rtcp-fb:${payloadType} ${feedback}`),
    `a=fmtp:${payloadType} ${parametersOf(offered, payloadType)}`,
    ...(rtx === null ? [] : [`a=rtpmap:${rtx} rtx/90000`, `a=fmtp:${rtx} apt=${payloadType}`]),
    ...(media && direction === 'sendonly' ? sources(readSources(media)) : []),
    ...(isFirst ? transport.candidates.map(candidate => `a=candidate:${candidate}`) : []),
  );
}

/** The first offered H.264 format in the answer; servers put the one that they send first. */
function agreedPayloadType(media: Media, offered: Media, { name }: Answerer): number {
  const wanted = new Set(offered.rtp.filter(({ codec }) => codec === 'H264').map(({ payload }) => payload));
  const answered = new Set(
    media.rtp
      .filter(({ payload, codec }) => wanted.has(payload) && /^h264$/i.test(String(codec)))
      .map(rtp => rtp.payload),
  );
  const order = String(media.payloads).split(' ').map(Number);
  const found = order.find(payload => answered.has(payload));
  if (found !== undefined) return found;
  const names = [...new Set(media.rtp.map(({ codec }) => String(codec).slice(0, 20)))].slice(0, 5).join(', ');
  throw new AnswerError(
    'no-common-codec',
    `The ${name} answered with ${names === '' ? 'no codec' : names}; H.264 was requested.`,
  );
}

function rtxOf(offered: Media, payloadType: number, media: Media): number | null {
  const rtx = offered.fmtp.find(({ config }) => config === `apt=${payloadType}`)?.payload;
  return rtx !== undefined && media.rtp.some(({ payload, codec }) => payload === rtx && /^rtx$/i.test(String(codec)))
    ? rtx
    : null;
}

function feedbackOf(media: Media, payloadType: number): string[] {
  const feedback = (media.rtcpFb ?? [])
    .filter(({ payload }) => payload === payloadType || String(payload) === '*')
    .map(({ type, subtype }) => [type, subtype].filter(Boolean).join(' '))
    .filter(value => FEEDBACK.has(value));
  return [...new Set(feedback)];
}

// As offered: the actual profile and level of the stream are read from its SPS.
const parametersOf = (offered: Media, payloadType: number): string =>
  offered.fmtp.find(({ payload }) => payload === payloadType)?.config ?? 'packetization-mode=1';

function read(text: string, what: string, answerer: Answerer): SessionDescription {
  if (!/^v=0\r?\n/.test(text)) throw invalid(answerer, `the ${what} does not begin with "v=0"`);
  try {
    return parse(text);
  } catch {
    throw invalid(answerer, 'it cannot be parsed');
  }
}

const invalid = ({ name }: Answerer, what: string): AnswerError =>
  new AnswerError('invalid-sdp', `The answer of the ${name} cannot be used: ${what}.`);
