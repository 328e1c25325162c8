/// <reference lib="dom" />
// WHIP by hand: one fetch with the offer, one to leave. The page's query: `codec=VP9` offers only that video codec;
// `like=obs` behaves like OBS: no candidates in the offer, no PATCH, and it accepts only 201 and 200.
import { expose } from './page-client.js';

const query = new URLSearchParams(location.search);
const codec = query.get('codec');
const likeObs = query.get('like') === 'obs';
const peer = new RTCPeerConnection();
let session = '';
let stream: MediaStream | undefined;

async function gathered(): Promise<void> {
  if (peer.iceGatheringState === 'complete') return;
  await new Promise<void>(resolve => {
    peer.addEventListener('icegatheringstatechange', () => peer.iceGatheringState === 'complete' && resolve());
  });
}

expose({
  async start(url, token) {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
    for (const track of stream.getTracks()) {
      const transceiver = peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
      if (track.kind === 'video' && codec !== null)
        transceiver.setCodecPreferences(
          (RTCRtpSender.getCapabilities('video')?.codecs ?? []).filter(({ mimeType }) =>
            [`video/${codec}`, 'video/rtx'].includes(mimeType),
          ),
        );
    }
    await peer.setLocalDescription();
    if (!likeObs) await gathered();
    const sdp = peer.localDescription?.sdp ?? '';
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${token}` },
      body: likeObs ? sdp.replace(/^a=candidate:.*\r\n/gm, '') : sdp,
    });
    const answer = await response.text();
    const location = response.headers.get('Location');
    if (response.status !== 201 || answer === '' || location === null)
      throw new Error(`${response.status}, Location ${location}: ${answer}`);
    session = new URL(location, url).href;
    await peer.setRemoteDescription({ type: 'answer', sdp: answer });
  },
  async leave() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    peer.close();
    const { status } = await fetch(session, { method: 'DELETE' });
    if (likeObs && status !== 200) throw new Error(`DELETE: ${status}`);
  },
});
