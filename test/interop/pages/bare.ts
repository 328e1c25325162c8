/// <reference lib="dom" />
// WHEP by hand, as the README shows it: one fetch with the offer, one to leave.
import { expose, videoElement } from './page-client.js';

const peer = new RTCPeerConnection();
let session = '';

expose({
  async start(url, token) {
    const video = videoElement();
    peer.addTransceiver('video', { direction: 'recvonly' });
    peer.ontrack = ({ track }) => {
      video.srcObject = new MediaStream([track]);
    };
    await peer.setLocalDescription();
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${token}` },
      body: peer.localDescription?.sdp ?? '',
    });
    const sdp = await response.text();
    if (response.status !== 201) throw new Error(`${response.status} ${sdp}`);
    session = new URL(response.headers.get('Location') ?? '', url).href;
    await peer.setRemoteDescription({ type: 'answer', sdp });
  },
  async leave() {
    const { status } = await fetch(session, { method: 'DELETE' });
    peer.close();
    return status;
  },
});
