/// <reference lib="dom" />
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { startServer, type TestServer } from './server.js';

/** What is needed to watch: an origin and the token that opens it. */
export interface Endpoint {
  origin: string;
  token: string;
}

const CANDIDATES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** Gives Chromium a fake camera and microphone, and grants access to them without a prompt. */
export const FAKE_DEVICES = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** A real Chromium, without the features that would contact the network. */
export function launchChromium(...more: string[]): Promise<Browser> {
  const executablePath = CANDIDATES.find(path => path && existsSync(path));
  if (!executablePath) throw new Error('there is no Chromium; install it or name it in CHROMIUM_PATH');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      ...more,
    ],
  });
}

/** A server with these arguments and a browser to watch it in; both are closed when the test ends. */
export async function serveWithBrowser(
  t: { teardown(close: () => Promise<void>): void },
  ...args: string[]
): Promise<{ server: TestServer; browser: Browser }> {
  const server = await startServer(...args);
  const browser = await launchChromium();
  t.teardown(async () => {
    await browser.close();
    await server.close();
  });
  return { server, browser };
}

/** Painting costs a browser without a GPU as much as decoding does. */
const SMALL = { width: 160, height: 120 };

/** A page on the server's own origin with nothing on it that takes time. */
export async function emptyPage(browser: Browser, server: Endpoint): Promise<Page> {
  const page = await browser.newPage({ viewport: SMALL });
  await page.goto(`${server.origin}/healthz`);
  return page;
}

export interface Join {
  /** ms from the click to the answer, and to the first frame; null if none came within 30 s. */
  answerMs: number;
  firstFrameMs: number | null;
  status: number;
  body: string;
}

/**
 * Joins and leaves a camera in the page, one after the other, as a bare WHEP player does.
 * @param camera its id, or the path of a WHEP endpoint
 */
export function joinAndLeave(page: Page, server: Endpoint, camera: string, rounds: number): Promise<Join[]> {
  return page.evaluate(
    async ({ endpoint, token, rounds }) => {
      const headers = { Authorization: `Bearer ${token}` };
      const joins: Join[] = [];
      for (let i = 0; i < rounds; i++) {
        const began = performance.now();
        const peer = new RTCPeerConnection();
        const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true });
        document.body.append(video);
        peer.addTransceiver('video', { direction: 'recvonly' });
        peer.ontrack = event => {
          video.srcObject = new MediaStream([event.track]);
        };
        const frame = new Promise<number>(resolve =>
          video.requestVideoFrameCallback(() => resolve(performance.now() - began)),
        );
        await peer.setLocalDescription();
        const response = await fetch(endpoint, {
          method: 'POST',
          headers: { ...headers, 'Content-Type': 'application/sdp' },
          body: peer.localDescription?.sdp ?? '',
        });
        const body = await response.text();
        const join: Join = { answerMs: performance.now() - began, firstFrameMs: null, status: response.status, body };
        joins.push(join);
        if (response.status === 201) {
          await peer.setRemoteDescription({ type: 'answer', sdp: body });
          join.firstFrameMs = await Promise.race([
            frame,
            new Promise<null>(resolve => setTimeout(resolve, 30_000, null)),
          ]);
          await fetch(response.headers.get('Location') ?? '', { method: 'DELETE' });
        }
        peer.close();
        video.remove();
      }
      return joins;
    },
    { endpoint: camera.startsWith('/') ? camera : `/whep/${camera}`, token: server.token, rounds },
  );
}

/** Opens viewers in the page that stay; `frames` then counts what each has decoded. */
export async function openViewers(
  page: Page,
  server: Endpoint,
  camera: string,
  count: number,
  { codec, audio = false }: { codec?: string; audio?: boolean } = {},
): Promise<Viewers> {
  const handle = await page.evaluateHandle(
    async ({ endpoint, token, count, codec, audio }) => {
      const viewers: { peer: RTCPeerConnection; location: string }[] = [];
      for (let i = 0; i < count; i++) {
        const peer = new RTCPeerConnection();
        const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true, width: 80 });
        document.body.append(video);
        const transceiver = peer.addTransceiver('video', { direction: 'recvonly' });
        if (codec)
          transceiver.setCodecPreferences(
            (RTCRtpReceiver.getCapabilities('video')?.codecs ?? []).filter(({ mimeType }) =>
              [`video/${codec}`, 'video/rtx'].includes(mimeType),
            ),
          );
        if (audio) peer.addTransceiver('audio', { direction: 'recvonly' });
        peer.ontrack = event => {
          if (event.track.kind === 'video') video.srcObject = new MediaStream([event.track]);
        };
        await peer.setLocalDescription();
        const response = await fetch(endpoint, {
          method: 'POST',
          headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/sdp' },
          body: peer.localDescription?.sdp ?? '',
        });
        const body = await response.text();
        if (response.status !== 201) throw new Error(`${response.status} ${body}`);
        await peer.setRemoteDescription({ type: 'answer', sdp: body });
        viewers.push({ peer, location: response.headers.get('Location') ?? '' });
      }
      return viewers;
    },
    { endpoint: camera.startsWith('/') ? camera : `/whep/${camera}`, token: server.token, count, codec, audio },
  );
  return {
    stats: () =>
      handle.evaluate(viewers =>
        Promise.all(
          viewers.map(async ({ peer }) => {
            const reports = [
              ...((await peer.getStats()) as unknown as Map<string, Record<string, number | string>>).values(),
            ];
            const inbound = reports.find(report => report.type === 'inbound-rtp' && report.kind === 'video');
            const sound = reports.find(report => report.type === 'inbound-rtp' && report.kind === 'audio');
            return {
              audioPackets: Number(sound?.packetsReceived ?? 0),
              framesDecoded: Number(inbound?.framesDecoded ?? 0),
              keyFramesDecoded: Number(inbound?.keyFramesDecoded ?? 0),
              width: Number(inbound?.frameWidth ?? 0),
              height: Number(inbound?.frameHeight ?? 0),
              freezeCount: Number(inbound?.freezeCount ?? 0),
              state: peer.connectionState,
            };
          }),
        ),
      ),
    leave: () =>
      handle.evaluate(async viewers => {
        for (const { peer, location } of viewers) {
          await fetch(location, { method: 'DELETE' });
          peer.close();
        }
      }),
    vanish: () =>
      handle.evaluate(viewers => {
        for (const { peer } of viewers) peer.close();
      }),
  };
}

export interface Viewers {
  stats(): Promise<
    {
      framesDecoded: number;
      keyFramesDecoded: number;
      width: number;
      height: number;
      freezeCount: number;
      audioPackets: number;
      state: string;
    }[]
  >;
  /** With a DELETE. */
  leave(): Promise<void>;
  /** Without one. */
  vanish(): Promise<void>;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
