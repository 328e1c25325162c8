/// <reference lib="dom" />
// A player that behaves like the page that MediaMTX serves: OPTIONS for the ICE servers, the offer before there are
// candidates, each candidate in its own PATCH with "If-Match: *" and no token; it accepts only 201 and 204.
import { expose, videoElement } from './page-client.js';

let peer: RTCPeerConnection | undefined;
let session = '';
let failure = '';

/** Throws where that player would give up. */
function expected(what: string, found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${what}: ${found} instead of ${wanted}`);
}

function iceServers(link: string | null): RTCIceServer[] {
  return (link?.split(', ') ?? []).map(text => {
    // It fails on a link that is not an ICE server.
    const [, urls = ''] = /^<(.+?)>; rel="ice-server"/i.exec(text) ?? [];
    if (urls === '') throw new Error(`no ICE server: ${text}`);
    const [, username, credential] = /username="(.*?)"; credential="(.*?)"/i.exec(text) ?? [];
    return username === undefined || credential === undefined ? { urls } : { urls, username, credential };
  });
}

async function trickle(offer: string, candidate: RTCIceCandidate): Promise<void> {
  const line = (pattern: RegExp): string => pattern.exec(offer)?.[0] ?? '';
  const media = offer.match(/^m=.*$/gm)?.[candidate.sdpMLineIndex ?? 0] ?? '';
  const { status } = await fetch(session, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' },
    body: [
      line(/^a=ice-ufrag:.*$/m),
      line(/^a=ice-pwd:.*$/m),
      media,
      `a=mid:${candidate.sdpMLineIndex}`,
      `a=${candidate.candidate}`,
      '',
    ]
      .map(text => text.trim())
      .join('\r\n'),
  });
  expected('PATCH', status, 204);
}

expose({
  async start(url, token) {
    const video = videoElement();
    const links = await fetch(url, { method: 'OPTIONS' });
    peer = new RTCPeerConnection({ iceServers: iceServers(links.headers.get('Link')) });
    peer.addTransceiver('video', { direction: 'recvonly' });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.ontrack = ({ track, streams }) => {
      if (track.kind === 'video') video.srcObject = streams[0] ?? null;
    };
    const queued: RTCIceCandidate[] = [];
    const offer = await peer.createOffer();
    const sdp = offer.sdp ?? '';
    const send = (candidate: RTCIceCandidate): void =>
      void trickle(sdp, candidate).catch(error => {
        failure = String(error);
        peer?.close();
      });
    peer.onicecandidate = ({ candidate }) => {
      if (candidate === null) return;
      if (session === '') queued.push(candidate);
      else send(candidate);
    };
    await peer.setLocalDescription(offer);
    const headers = { 'Content-Type': 'application/sdp', Authorization: `Bearer ${token}` };
    const response = await fetch(url, { method: 'POST', headers, body: sdp });
    expected('POST', response.status, 201);
    session = new URL(response.headers.get('Location') ?? '', url).href;
    await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    for (const candidate of queued) send(candidate);
  },
  async leave() {
    if (failure !== '') throw new Error(failure);
    await fetch(session, { method: 'DELETE' });
    peer?.close();
  },
});
