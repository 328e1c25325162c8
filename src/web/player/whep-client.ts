/** Opens and closes one WHEP session (draft-ietf-wish-whep). Knows nothing of players, retries or screens. */

import { type Problem, parseProblem, parseRetryAfter } from '../../protocol/problem-document.js';
import { authorization } from '../shared/token.js';
import { iceServersOf } from './ice-servers.js';

/** The server answers once the camera's first frame is there; a camera may take this long to open. */
const ANSWER_TIMEOUT_MS = 15_000;

export interface WhepSession {
  readonly peer: RTCPeerConnection;
  readonly receiver: RTCRtpReceiver;
  readonly stream: MediaStream;
  /** Ends the session, on the server too; may be called again, and while the page unloads. */
  close(): void;
}

/** The server answered with an error. */
export class WhepRefusal extends Error {
  readonly problem: Problem;
  readonly retryAfterMs: number;

  constructor(problem: Problem, retryAfterMs: number) {
    super(problem.detail);
    this.name = 'WhepRefusal';
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Chromium's older form of `jitterBufferTarget`, in seconds. */
interface WithPlayoutDelayHint {
  playoutDelayHint?: number;
}

/** The token is this origin's; a player that is pointed elsewhere must not send it there. */
const tokenFor = (url: URL): Record<string, string> =>
  url.origin === globalThis.location.origin ? authorization() : {};

/** Plays every frame at once: none waits in the jitter buffer for smoother video. */
function playAtOnce(receiver: RTCRtpReceiver): void {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
  if ('playoutDelayHint' in receiver) (receiver as WithPlayoutDelayHint).playoutDelayHint = 0;
}

/**
 * @param signal aborts the attempt; a session that was already created is closed
 * @throws WhepRefusal if the server refuses; otherwise what fetch and RTCPeerConnection throw
 */
export async function openWhepSession(endpoint: URL, signal: AbortSignal): Promise<WhepSession> {
  // Read now: when the session ends because somebody signed out, it is gone.
  const token = tokenFor(endpoint);
  const peer = new RTCPeerConnection({ iceServers: await iceServersOf(endpoint, token) });
  let location: URL | undefined;
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    peer.close();
    // The session URL is itself the capability to end it, unless the server requires the token too; keepalive lets the
    // request outlive the page.
    if (location === undefined) return;
    const headers = location.origin === endpoint.origin ? token : {};
    fetch(location, { method: 'DELETE', keepalive: true, headers }).catch(() => undefined);
  };
  try {
    const { receiver } = peer.addTransceiver('video', { direction: 'recvonly' });
    playAtOnce(receiver);
    const stream = new MediaStream([receiver.track]);
    await peer.setLocalDescription();
    // No waiting for candidates: the server is on this network and learns the browser's address from its ICE checks.
    const answer = await post(endpoint, token, peer.localDescription?.sdp ?? '', signal);
    location = answer.location;
    signal.throwIfAborted();
    await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    signal.throwIfAborted();
    return { peer, receiver, stream, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function post(
  endpoint: URL,
  token: Record<string, string>,
  offer: string,
  signal: AbortSignal,
): Promise<{ sdp: string; location: URL | undefined }> {
  const abort = new AbortController();
  const stop = (): void => abort.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', stop);
  const timer = setTimeout(stop, ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', ...token },
      body: offer,
      signal: abort.signal,
    });
    const sdp = await response.text();
    if (!response.ok) {
      throw new WhepRefusal(parseProblem(response.status, sdp), parseRetryAfter(response.headers.get('Retry-After')));
    }
    const location = response.headers.get('Location');
    return { sdp, location: location === null ? undefined : new URL(location, endpoint) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
