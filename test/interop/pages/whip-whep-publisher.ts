/// <reference lib="dom" />
import { WHIPClient } from 'whip-whep/whip.js';
import { expose } from './page-client.js';

const client = new WHIPClient();

expose({
  async start(url, token) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
    const peer = new RTCPeerConnection();
    for (const track of stream.getTracks()) peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    await client.publish(peer, url, token);
  },
  leave: () => client.stop(),
});
