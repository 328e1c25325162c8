import t from 'tap';
import { RTCPeerConnection, type RTCRtpCodecParameters, useH264, useOPUS, useVP8 } from 'werift';
import { startDecoder } from '../helpers/client-program.js';
import { readOffer } from '../helpers/fixtures.js';
import { missing } from '../helpers/python-program.js';
import { type Client, footprint, visit } from '../helpers/seen.js';
import { lingering } from '../helpers/server.js';

const server = await lingering(t, '--camera', 'cam=test');
const isBack = await footprint(server, 'cam', readOffer('chromium-156'));

interface Watching {
  codec: RTCRtpCodecParameters;
  /** Whether it also requests audio. */
  sound: boolean;
}

/** A WHEP viewer on werift. It does not depacketize: its packets go to a decoder. */
async function watch(
  t: { teardown(close: () => Promise<void>): void } & Parameters<typeof startDecoder>[0],
  camera: string,
  { codec, sound }: Watching,
): Promise<Client> {
  const peer = new RTCPeerConnection({ codecs: { video: [codec], audio: [useOPUS()] }, iceServers: [] });
  t.teardown(() => peer.close());
  const name = codec.mimeType.replace('video/', '').toUpperCase();
  const video = peer.addTransceiver('video', { direction: 'recvonly' });
  if (sound) peer.addTransceiver('audio', { direction: 'recvonly' });
  await peer.setLocalDescription(await peer.createOffer());
  const response = await server.fetch(`/whep/${camera}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: peer.localDescription?.sdp ?? '',
  });
  const sdp = await response.text();
  if (response.status !== 201) throw new Error(`${response.status} ${sdp}`);
  const payloadType = Number(/^m=video \d+ \S+ (\d+)/m.exec(sdp)?.[1]);
  const decoder = startDecoder(t, name, payloadType);
  video.onTrack.subscribe(track =>
    track.onReceiveRtp.subscribe(packet => {
      if (packet.header.payloadType === payloadType) decoder.take(packet.serialize());
    }),
  );
  await peer.setRemoteDescription({ type: 'answer', sdp });
  return {
    seen: decoder.seen,
    leave: async () => {
      const left = await server.fetch(response.headers.get('Location') ?? '', { method: 'DELETE' });
      await peer.close();
      return left.status;
    },
  };
}

const skip = missing('gi', 'python3-gi');

t.test('H.264', { skip }, async t => {
  const client = await watch(t, 'cam', { codec: useH264(), sound: false });
  await visit(t, server, client, { isBack, size: '640x480' });
});

t.test('H.264 of a camera without audio, although it requests audio', { skip }, async t => {
  const client = await watch(t, 'cam', { codec: useH264(), sound: true });
  await visit(t, server, client, { isBack, size: '640x480' });
});

t.test('VP8', { skip }, async t => {
  const client = await watch(t, 'cam', { codec: useVP8(), sound: false });
  await visit(t, server, client, { isBack, size: '640x480' });
});

// werift leaves sockets and timers behind after close(), which would keep this process.
t.teardown(() => void setTimeout(() => process.exit(), 500).unref());
t.end();
