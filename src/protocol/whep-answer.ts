import { parse, type SessionDescription } from 'sdp-transform';
import { readSources } from './offer.js';
import { lines, sources } from './sdp-for-webrtcbin.js';
import { readTransport } from './transport.js';

/** An answer that cannot be used: `no-common-codec` where it says no to the pictures, `invalid-sdp` for anything else. */
export class AnswerError extends Error {
  readonly code: 'invalid-sdp' | 'no-common-codec';
  constructor(code: 'invalid-sdp' | 'no-common-codec', message: string) {
    super(message);
    this.code = code;
  }
}

type Media = SessionDescription['media'][number];

/** What may follow a payload type on an `a=rtcp-fb` line; all that this project makes use of. */
const FEEDBACK = new Set(['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb']);

/**
 * The answer that webrtcbin is given, from the one that a server gave to an offer with one section of video: written
 * anew from what was read and checked, so that nothing of a stranger's text reaches it (docs/adr/0003). webrtcbin 1.22
 * aborts the process at some of what may be missing in it.
 * @throws AnswerError
 */
export function answerForWebrtcbin(answer: string, offer: string): string {
  const session = read(answer, 'answer');
  const offered = read(offer, 'offer').media[0] as Media;
  // Servers that were offered one section may leave its name out of their answer.
  const media = session.media.find(({ mid }) => mid === undefined || String(mid) === String(offered.mid));
  if (media?.type !== 'video') throw invalid('it has no section for the video that was asked for');
  if (media.port === 0)
    throw new AnswerError('no-common-codec', 'The server has no video in H.264 to send (it answered with port 0).');
  const direction = String(media.direction ?? session.direction ?? 'sendrecv');
  // As webrtcbin and others say it that have no codec in common.
  if (direction === 'inactive')
    throw new AnswerError('no-common-codec', 'The server has no video in H.264 to send (it answered "inactive").');
  if (!direction.startsWith('send'))
    throw invalid(`its video section is ${direction.slice(0, 20)}, which brings no pictures`);
  const payloadType = agreedPayloadType(media, offered);
  const transport = readTransport(session, { ...media, rtcpMux: media.rtcpMux ?? 'rtcp-mux' }, [], invalid);
  if (transport.setup === 'actpass') throw invalid('its a=setup is "actpass", which only an offer may say');
  const rtx = rtxOf(offered, payloadType, media);
  return lines(
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${offered.mid}`,
    `m=video 9 UDP/TLS/RTP/SAVPF ${payloadType}${rtx === null ? '' : ` ${rtx}`}`,
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${transport.ice.ufrag}`,
    `a=ice-pwd:${transport.ice.pwd}`,
    `a=fingerprint:${transport.fingerprint.hash} ${transport.fingerprint.value}`,
    `a=setup:${transport.setup}`,
    `a=mid:${offered.mid}`,
    'a=sendonly',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    `a=rtpmap:${payloadType} H264/90000`,
    ...feedbackOf(media, payloadType).map(feedback => `a=rtcp-fb:${payloadType} ${feedback}`),
    `a=fmtp:${payloadType} ${parametersOf(offered, payloadType)}`,
    ...(rtx === null ? [] : [`a=rtpmap:${rtx} rtx/90000`, `a=fmtp:${rtx} apt=${payloadType}`]),
    ...sources(readSources(media)),
    ...transport.candidates.map(candidate => `a=candidate:${candidate}`),
  );
}

/** The first H.264 of the answer that was offered; servers put what they send first. */
function agreedPayloadType(media: Media, offered: Media): number {
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
    `The server answered with ${names === '' ? 'no codec' : names}; H.264 is what was asked for.`,
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

// As they were offered: the profile and level that the stream really has are read from its SPS.
const parametersOf = (offered: Media, payloadType: number): string =>
  offered.fmtp.find(({ payload }) => payload === payloadType)?.config ?? 'packetization-mode=1';

function read(text: string, what: string): SessionDescription {
  if (!/^v=0\r?\n/.test(text)) throw invalid(`the ${what} does not begin with "v=0"`);
  try {
    return parse(text);
  } catch {
    throw invalid('it cannot be read');
  }
}

const invalid = (what: string): AnswerError =>
  new AnswerError('invalid-sdp', `The answer of the server cannot be used: ${what}.`);
