import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { type IceUrl, parseIceUrl } from '../../src/protocol/ice-url.js';
import { decodeStun, encodeStun, lengthOfStun, type StunMessage } from '../../src/server/ice/stun-message.js';

/** The reply to a request, or none. */
export type Reply = (request: StunMessage) => Buffer | null;

export interface StunServer {
  url: IceUrl;
  /** How many requests came. */
  asked: number;
  /** Ports they came from. */
  askers: Set<number>;
}

export const agree: Reply = request => encodeStun({ ...request, kind: 'success', attributes: [] });

interface Teardown {
  teardown(close: () => unknown): void;
}

/** A STUN server on loopback with scripted replies; it ends with the test. */
export async function udpStunServer(t: Teardown, reply: Reply): Promise<StunServer> {
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
  const server = { url: parseIceUrl(`stun:127.0.0.1:${socket.address().port}`), asked: 0, askers: new Set<number>() };
  socket.on('message', (bytes, from) => {
    server.asked++;
    server.askers.add(from.port);
    const request = decodeStun(bytes);
    const answer = request && reply(request);
    if (answer) socket.send(answer, from.port, from.address);
  });
  return server;
}

/** The same over TCP, where every byte comes by itself. */
export async function tcpStunServer(t: Teardown, reply: Reply): Promise<StunServer> {
  const listener = createServer(socket => {
    let buffered = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', async chunk => {
      buffered = Buffer.concat([buffered, chunk]);
      const length = lengthOfStun(buffered);
      if (length === null) return;
      server.asked++;
      server.askers.add(socket.remotePort ?? 0);
      const request = decodeStun(buffered.subarray(0, length));
      for (const byte of (request && reply(request)) ?? []) {
        socket.write(Buffer.from([byte]));
        await new Promise(resolve => setImmediate(resolve));
      }
    });
  });
  t.teardown(() => listener.close());
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as { port: number };
  const server = { url: parseIceUrl(`turn:127.0.0.1:${port}?transport=tcp`), asked: 0, askers: new Set<number>() };
  return server;
}
