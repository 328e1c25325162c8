import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LossyPath {
  /** The server's URL over this path. */
  origin: string;
  /** Packets of the server that went through, and that were lost. */
  counts(): { passed: number; lost: number };
}

/** What happens to packets that are not lost. */
export interface PathOptions {
  /** Delay in ms of each packet of the server: where they differ, packets are reordered. */
  delayMs?: () => number;
}

interface Teardown {
  teardown(close: () => void): void;
}

/**
 * A bad network between a client and a WHEP server: HTTP goes through, some of the server's UDP packets are lost.
 * Descriptions are changed on their way so that the only candidate of each side is here.
 * @param loses whether a packet of the server is lost
 */
export async function startLossyPath(
  t: Teardown,
  server: string,
  loses: (size: number) => boolean,
  { delayMs = () => 0 }: PathOptions = {},
): Promise<LossyPath> {
  const counts = { passed: 0, lost: 0 };
  const proxy = createServer((request, response) => {
    void forward(request, response).catch(() => response.destroy());
  });

  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const isSdp = request.headers['content-type'] === 'application/sdp';
    const body = Buffer.concat(chunks).toString();
    const answer = await fetch(new URL(request.url ?? '/', server), {
      method: request.method ?? 'GET',
      headers: Object.fromEntries(
        ['authorization', 'content-type', 'accept'].flatMap(name => {
          const value = request.headers[name];
          return typeof value === 'string' ? [[name, value]] : [];
        }),
      ),
      // The server learns the client's address from the connectivity checks that come from here.
      ...(body === '' ? {} : { body: isSdp ? withoutCandidates(body) : body }),
    });
    // A session's events are not forwarded: the client must notice by the video.
    const kept = ['content-type', 'location', 'etag', 'retry-after'].flatMap(name => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    let text = await answer.text();
    if (isSdp && answer.status === 201) text = await throughRelay(text);
    response.writeHead(answer.status, Object.fromEntries(kept)).end(text);
  };

  const throughRelay = async (sdp: string): Promise<string> => {
    const [, host = '', port = ''] = /^a=candidate:\S+ 1 udp \d+ ([\d.]+) (\d+) typ host/im.exec(sdp) ?? [];
    const losesAndCounts = (size: number): boolean => {
      const isLost = loses(size);
      counts[isLost ? 'lost' : 'passed']++;
      return isLost;
    };
    const relay = await openRelay(t, { host, port: Number(port) }, losesAndCounts, delayMs);
    return withoutCandidates(sdp).replace(/\r\n$/, `\r\na=candidate:1 1 UDP 2130706431 ${host} ${relay} typ host\r\n`);
  };

  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, counts: () => ({ ...counts }) };
}

const withoutCandidates = (sdp: string): string => sdp.replace(/^a=(candidate|end-of-candidates).*\r\n/gm, '');

/** @returns the port at which the client finds the server */
async function openRelay(
  t: Teardown,
  server: { host: string; port: number },
  loses: (size: number) => boolean,
  delayMs: () => number,
): Promise<number> {
  const [front, back] = await Promise.all([bound(t), bound(t)]);
  const underWay = new Set<NodeJS.Timeout>();
  t.teardown(() => {
    for (const timer of underWay) clearTimeout(timer);
  });
  let client: RemoteInfo | null = null;
  front.on('message', (packet, from) => {
    client = from;
    back.send(packet, server.port, server.host);
  });
  back.on('message', packet => {
    if (!client || loses(packet.length)) return;
    const { port, address } = client;
    const delay = delayMs();
    if (delay <= 0) front.send(packet, port, address);
    else {
      const timer = setTimeout(() => {
        underWay.delete(timer);
        front.send(packet, port, address);
      }, delay);
      underWay.add(timer);
    }
  });
  return front.address().port;
}

async function bound(t: Teardown): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>(resolve => socket.bind(0, resolve));
  t.teardown(() => socket.close());
  return socket;
}
