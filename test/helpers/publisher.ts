/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import type { Endpoint } from './browser.js';
import type { Shot } from './shot.js';

export interface PublishOptions {
  /** As in a MIME type: `H264`, `VP8`, …; the browser's choice if none is named. */
  codec?: string;
  audio?: boolean;
  /** Appended to the endpoint's path, such as `?takeover=true`. */
  query?: string;
  /** Delay between the answer and connecting. */
  connectAfterMs?: number;
  /** Whether its upper sixth encodes when it was drawn; see drawnAt. */
  clock?: boolean;
}

/** A page's publication. */
export interface Publication {
  status: number;
  body: string;
  /** The session's path. */
  location: string;
  stats(): Promise<{ framesSent: number; keyframeRequests: number; state: string }>;
  /** With a DELETE; gives its status. */
  leave(): Promise<number>;
  /** Without one. */
  vanish(): Promise<void>;
}

/** Publishes a moving image that the page draws (and a tone), as a bare WHIP client does. */
export async function publish(
  page: Page,
  { token }: Endpoint,
  camera: string,
  { codec, audio = false, query = '', connectAfterMs = 0, clock = false }: PublishOptions = {},
): Promise<Publication> {
  const handle = await page.evaluateHandle(
    async ({ endpoint, token, codec, audio, connectAfterMs, clock }) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
      const context = canvas.getContext('2d');
      let turn = 0;
      const drawing = setInterval(() => {
        if (!context) return;
        turn++;
        context.fillStyle = `hsl(${(turn * 3) % 360} 80% 50%)`;
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.fillStyle = 'white';
        context.fillRect((turn * 7) % canvas.width, 100, 40, 40);
        if (!clock) return;
        const tenths = Math.floor(Date.now() / 100);
        for (let bit = 0; bit < 16; bit++) {
          context.fillStyle = (tenths >> bit) & 1 ? 'white' : 'black';
          context.fillRect(bit * 20, 0, 20, 40);
        }
      }, 33);
      const media = canvas.captureStream(30);
      if (audio) {
        const sound = new AudioContext();
        const tone = sound.createOscillator();
        const destination = sound.createMediaStreamDestination();
        tone.connect(destination);
        tone.start();
        for (const track of destination.stream.getAudioTracks()) media.addTrack(track);
      }
      const peer = new RTCPeerConnection();
      for (const track of media.getTracks()) {
        const transceiver = peer.addTransceiver(track, { direction: 'sendonly', streams: [media] });
        if (codec && track.kind === 'video')
          transceiver.setCodecPreferences(
            (RTCRtpSender.getCapabilities('video')?.codecs ?? []).filter(({ mimeType }) =>
              [`video/${codec}`, 'video/rtx'].includes(mimeType),
            ),
          );
      }
      await peer.setLocalDescription();
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/sdp' },
        body: peer.localDescription?.sdp ?? '',
      });
      const body = await response.text();
      const connect = () => peer.setRemoteDescription({ type: 'answer', sdp: body });
      if (response.status === 201 && connectAfterMs > 0) setTimeout(connect, connectAfterMs);
      else if (response.status === 201) await connect();
      return { peer, drawing, body, status: response.status, location: response.headers.get('Location') ?? '' };
    },
    { endpoint: `/whip/${camera}${query}`, token, codec, audio, connectAfterMs, clock },
  );
  const { status, body, location } = await handle.evaluate(({ status, body, location }) => ({
    status,
    body,
    location,
  }));
  return {
    status,
    body,
    location,
    stats: () =>
      handle.evaluate(async ({ peer }) => {
        const reports = [...((await peer.getStats()) as unknown as Map<string, Record<string, number>>).values()];
        const video = reports.find(({ type, kind }) => String(type) === 'outbound-rtp' && String(kind) === 'video');
        return {
          framesSent: Number(video?.framesSent ?? 0),
          keyframeRequests: Number(video?.pliCount ?? 0) + Number(video?.firCount ?? 0),
          state: peer.connectionState,
        };
      }),
    leave: () =>
      handle.evaluate(async ({ peer, drawing, location }) => {
        clearInterval(drawing);
        peer.close();
        return (await fetch(location, { method: 'DELETE' })).status;
      }),
    vanish: () =>
      handle.evaluate(({ peer, drawing }) => {
        clearInterval(drawing);
        peer.close();
      }),
  };
}

/** When a frame with a clock was drawn: Date.now(), to a tenth of a second. @param before later by less than an hour */
export function drawnAt({ width, height, at }: Shot, before = Date.now()): number {
  const bits = Array.from({ length: 16 }, (_, bit) =>
    at(Math.floor(((bit + 0.5) * width) / 16), Math.floor(height / 12)) > 127 ? 1 << bit : 0,
  );
  const tenths = bits.reduce((sum, bit) => sum + bit, 0);
  const now = Math.floor(before / 100);
  return (now - ((now - tenths) & 0xffff)) * 100;
}
