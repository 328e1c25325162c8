/// <reference lib="dom" />
// WHEP by hand, as in the README: one fetch with the offer, one to leave. It also measures the sound.
import { expose, videoElement } from './page-client.js';

const peer = new RTCPeerConnection();
let session = '';

expose({
  async start(url, token) {
    const video = videoElement();
    peer.addTransceiver('video', { direction: 'recvonly' });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    const stream = new MediaStream();
    video.srcObject = stream;
    peer.ontrack = ({ track }) => stream.addTrack(track);
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
  async heard() {
    const reports = (await peer.getStats()) as unknown as Map<string, { kind?: string; totalAudioEnergy?: number }>;
    return Math.max(0, ...[...reports.values()].map(({ totalAudioEnergy }) => totalAudioEnergy ?? 0));
  },
  async leave() {
    const { status } = await fetch(session, { method: 'DELETE' });
    peer.close();
    return status;
  },
});
