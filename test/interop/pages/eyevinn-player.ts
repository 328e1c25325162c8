/// <reference lib="dom" />
import { WebRTCPlayer } from '@eyevinn/webrtc-player';
import { expose, videoElement } from './page-client.js';

let player: WebRTCPlayer | undefined;

expose({
  async start(url, token) {
    player = new WebRTCPlayer({ video: videoElement(), type: 'whep', iceServers: [] });
    // It sends the key as given, without "Bearer".
    await player.load(new URL(url), token);
  },
  async leave() {
    await player?.unload();
  },
});
