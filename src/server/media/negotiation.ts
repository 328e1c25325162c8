import type { CameraPlan, CameraStatus } from '../../domain/camera-plan.js';
import { Failure } from '../../domain/failure.js';
import type { IceAgentSettings } from '../../domain/ice.js';
import type { ToWorkerOf } from '../../messages/camera-worker.js';
import { type Agreement, PUBLISHABLE, type Stream } from '../../protocol/agreement.js';
import { composeAnswer } from '../../protocol/answer.js';
import { candidatesOf } from '../../protocol/candidates.js';
import { type CodecName, EXPECTED } from '../../protocol/codecs.js';
import type { Offer } from '../../protocol/offer.js';
import { offerForWebrtcbin } from '../../protocol/sdp-for-webrtcbin.js';

/** Without the request number, which is added on sending. */
type Request = Omit<ToWorkerOf<'join' | 'publish'>, 'request'>;

/**
 * The streams that a camera's viewers can get, best first.
 * @param published the stream negotiated with its publisher
 * @param installed codecs for which the worker has elements
 */
export function streamsOf(
  { source, settings }: CameraPlan,
  { video }: CameraStatus,
  published: Stream,
  installed: readonly CodecName[],
): Stream[] {
  const profileLevelId = video?.profileLevelId ?? null;
  const main: Stream =
    source.type === 'whip'
      ? { ...published, profileLevelId }
      : { codec: 'H264', profileLevelId: profileLevelId ?? EXPECTED.profileLevelId };
  return settings.fallback === 'vp8' && main.codec !== 'VP8' && installed.includes('VP8')
    ? [main, { codec: 'VP8', profileLevelId: null }]
    : [main];
}

/** The streams that a publisher may send, best first. */
export function publishable(installed: readonly CodecName[]): Stream[] {
  return PUBLISHABLE.filter(({ codec }) => installed.includes(codec));
}

export interface SessionOffer {
  session: string;
  requestId: string;
  offer: Offer;
  agreement: Agreement;
  ice: IceAgentSettings;
}

/** The request to the worker. */
export function requestFor(
  type: Request['type'],
  { session, requestId, offer, agreement, ice }: SessionOffer,
): Request {
  const { video, audio } = agreement;
  const { payloadType, rtxPayloadType, feedback } = video.codec;
  return {
    type,
    session,
    requestId,
    offer: offerForWebrtcbin(offer, agreement),
    video: {
      codec: agreement.codec,
      payloadType,
      retransmit: rtxPayloadType !== null && feedback.includes('nack'),
      extensions: video.section.extensions,
    },
    audio: audio && { payloadType: audio.codec.payloadType, extensions: audio.section.extensions },
    ice,
  };
}

/**
 * The answer for the peer, made from the worker's answer.
 * @param status the camera's current one: it may have been opened for this viewer
 * @throws Failure if no candidate was found
 */
export function finishAnswer(
  workersAnswer: string,
  { offer, agreement, ice }: { offer: Offer; agreement: Agreement; ice: IceAgentSettings },
  { video }: CameraStatus,
): string {
  const candidates = candidatesOf(workersAnswer, ice.announce);
  // With an answer without candidates the peer would only find out by a timeout.
  if (candidates.length === 0) throw noUdpPort(ice);
  const profileLevelId = offer.purpose === 'watch' && agreement.codec === video?.codec ? video.profileLevelId : null;
  return composeAnswer(offer, agreement, workersAnswer, { profileLevelId }, candidates);
}

/** Replaces webrtcbin's candidates in a description; they go into the first section, whose transport all share. */
export function withCandidates(description: string, candidates: readonly string[]): string {
  const [session = '', first = '', ...rest] = description
    .replaceAll(/^a=(candidate:|end-of-candidates).*\r?\n/gm, '')
    .split(/^(?=m=)/m);
  const added = candidates.map(candidate => `a=candidate:${candidate}\r\n`).join('');
  return `${session}${first}${added}${rest.join('')}`;
}

function noUdpPort({ udpPorts }: IceAgentSettings): Failure {
  if (!udpPorts)
    return new Failure('no-udp-port', 'This machine has no reachable network address.', {
      remedy: 'Connect it to a network.',
      retryAfter: 5,
    });
  return new Failure('no-udp-port', `All UDP ports from ${udpPorts.min} to ${udpPorts.max} are in use.`, {
    remedy: 'End a viewer, or widen ice.udpPorts in the configuration: each session uses one port.',
    retryAfter: 5,
  });
}

/** For a client whose session ends before its answer. */
export function endedEarly(): Failure {
  return new Failure('camera-unavailable', 'The session was ended before it was answered.', { retryAfter: 1 });
}
