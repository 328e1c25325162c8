/// <reference lib="dom" />
import { WHEPClient } from 'whip-whep/whep.js';
import { expose, videoElement } from './page-client.js';

const client = new WHEPClient();

expose({
  async start(url, token) {
    const video = videoElement();
    const peer = new RTCPeerConnection();
    peer.addTransceiver('video', { direction: 'recvonly' });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    // As its demo does: one stream, to which tracks are added as they come.
    peer.ontrack = ({ track, streams }) => {
      if (track.kind === 'video') video.srcObject = streams[0] ?? null;
    };
    await client.view(peer, url, token);
  },
  leave: () => client.stop(),
});
