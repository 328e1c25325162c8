import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startForeign } from './foreign-server.js';
import { freePort } from './free-port.js';
import { attachToJanus } from './janus-api.js';
import { missing } from './python-program.js';
import { openRtpFanout, type RtpFanout } from './rtp-fanout.js';
import { until } from './server.js';

/** Why there is no Janus to test with; false if there is. */
export const noJanus: string | false =
  spawnSync('janus', ['--version']).error === undefined ? missing('gi', 'python3-gi') : 'janus is not installed';

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  'Access-Control-Allow-Methods': 'POST, DELETE, OPTIONS',
  'Access-Control-Expose-Headers': 'Location',
};

/**
 * A WHEP endpoint backed by Janus: its ICE, DTLS, SRTP and SDP. A bridge from HTTP to its API, as others use. But the
 * plugin that they use for this, streaming, accepts offers only since Janus 1.2 (meetecho/janus-gateway#3199), and
 * Debian 12 has 1.1.2. NoSIP accepts them in all versions: it turns an offer into plain RTP, and the answer to that
 * into one for the peer. Its source here is a camera of 560x320 pixels in H.264.
 *
 * All of it ends with the test.
 */
export async function startJanus(t: { teardown(close: () => void | Promise<void>): void }): Promise<{ url: string }> {
  const api = await startServer(t);
  const fanout = await openRtpFanout(t);
  await startForeign(t, 'rtp_source.py', String(fanout.port)).heard('ready');
  const sessions = new Map<string, () => Promise<void>>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '';
    const end = sessions.get(path);
    if (request.method === 'OPTIONS') response.writeHead(204, CORS).end();
    else if (request.method === 'POST' && path === '/whep') {
      const viewer = await watch(api, fanout, await bodyOf(request));
      if (viewer === undefined) {
        response.writeHead(422, CORS).end('no H.264 in common');
        return;
      }
      const location = `/whep/${randomUUID()}`;
      sessions.set(location, viewer.end);
      response.writeHead(201, { ...CORS, 'Content-Type': 'application/sdp', Location: location }).end(viewer.answer);
    } else if (request.method === 'DELETE' && end) {
      sessions.delete(path);
      await end();
      response.writeHead(200, CORS).end();
    } else response.writeHead(path === '/whep' || end ? 405 : 404, CORS).end();
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(error => response.writeHead(500, CORS).end(String(error)));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/whep` };
}

/** A viewer of Janus; undefined if it takes no H.264 as it is sent here. */
async function watch(
  api: string,
  fanout: RtpFanout,
  offer: string,
): Promise<{ answer: string; end(): Promise<void> } | undefined> {
  const payloadType = /^a=fmtp:(\d+) (?=.*packetization-mode=1)(?=.*profile-level-id=42[c-f]0)/im.exec(offer)?.[1];
  if (payloadType === undefined) return undefined;
  const handle = await attachToJanus(api, 'janus.plugin.nosip');
  const { sdp: asked } = await handle.request({ request: 'generate' }, offer);
  const sdp = plainAnswer(asked, payloadType, fanout.port);
  const { answer } = await handle.request({ request: 'process', type: 'answer', sdp });
  const stop = fanout.to(Number(/^m=video (\d+)/m.exec(asked)?.[1]), Number(payloadType));
  return {
    answer,
    end: async () => {
      stop();
      await handle.destroy();
    },
  };
}

/**
 * What a camera without WebRTC would answer: H.264 for the video, and every other section rejected.
 * @param port that it sends from: Janus takes packets from no other
 */
function plainAnswer(offer: string, payloadType: string, port: number): string {
  const sections = [...offer.matchAll(/^m=(\w+) \d+ (\S+) (.*?)\r?$/gm)].flatMap(([, media, transport, types]) =>
    media === 'video'
      ? [
          `m=video ${port} ${transport} ${payloadType}`,
          `a=rtpmap:${payloadType} H264/90000`,
          `a=rtcp-fb:${payloadType} nack`,
          `a=rtcp-fb:${payloadType} nack pli`,
          `a=fmtp:${payloadType} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f`,
          'a=sendonly',
        ]
      : [`m=${media} 0 ${transport} ${types}`],
  );
  const session = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
  return [...session, ...sections, ''].join('\r\n');
}

/** Starts Janus without this machine's configuration; resolves with the URL of its API. */
async function startServer(t: { teardown(close: () => Promise<void>): void }): Promise<string> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-janus-'));
  const files = {
    'janus.jcfg': 'general: { session_timeout = 0 }',
    'janus.transport.http.jcfg': `general: { http = true, ip = "127.0.0.1", port = ${port} }, admin: { admin_http = false }`,
    'janus.plugin.nosip.jcfg': 'general: { local_ip = "127.0.0.1" }',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const args = ['--configs-folder', folder, '--config', join(folder, 'janus.jcfg'), '--disable-colors'];
  const child = spawn('janus', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  const api = `http://127.0.0.1:${port}/janus`;
  try {
    await until('Janus answers', async () => {
      if (child.exitCode !== null) throw new Error(`Janus has ended: ${child.exitCode}`);
      return (await fetch(`${api}/info`).catch(() => undefined))?.ok;
    });
  } catch (error) {
    throw new Error(`${error}\n${log.join('')}`);
  }
  return api;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
