/// <reference lib="dom" />
import { WHIPClient } from '@eyevinn/whip-web-client';
import { expose } from './page-client.js';

let client: WHIPClient | undefined;

expose({
  async start(url, token) {
    client = new WHIPClient({ endpoint: url, opts: { authkey: token, iceServers: [] } });
    await client.setIceServersFromEndpoint();
    await client.ingest(await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } }));
    await client.getResourceUrl();
  },
  leave: async () => client?.destroy(),
});
