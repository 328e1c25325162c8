import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { IceUrl } from '../../protocol/ice-url.js';
import { decodeStun, encodeStun, lengthOfStun, type StunMessage } from './stun-message.js';

/** A server's reply, and its bytes, which MESSAGE-INTEGRITY covers. */
export interface StunReply {
  message: StunMessage;
  bytes: Buffer;
  /** Since the first transmission of the request. */
  ms: number;
}

/** A connection to a server, with one request at a time. */
export interface StunConnection {
  /** @throws Error if the connection is aborted before a reply, or breaks */
  ask(request: Pick<StunMessage, 'method' | 'attributes'>, key?: Buffer): Promise<StunReply>;
  close(): void;
}

/** RFC 8489 §6.2.1: interval between transmissions over UDP; doubles every time. */
const RETRANSMIT_MS = 500;
/** More than any incomplete message. */
const MAX_BUFFERED = 70_000;

/**
 * Connects to a server.
 * @param address of the host in the URL
 * @param signal aborts; `ask` and this function then throw its reason
 * @throws Error from the system: ECONNREFUSED, an untrusted certificate, …
 */
export async function connectStun(url: IceUrl, address: string, signal: AbortSignal): Promise<StunConnection> {
  signal.throwIfAborted();
  return url.transport === 'udp' ? await overUdp(url, address, signal) : await overTcp(url, address, signal);
}

/** Shared by both transports: a request waits for the reply with its transaction id. */
class Exchange {
  #waiting: { transaction: Buffer; since: number; resolve(reply: StunReply): void; reject(error: Error): void } | null =
    null;
  #error: Error | null = null;

  ask(transaction: Buffer): Promise<StunReply> {
    if (this.#error) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#waiting = { transaction, since: performance.now(), resolve, reject };
    });
  }

  take(bytes: Buffer): void {
    const message = decodeStun(bytes);
    // Anything else is not the answer to this request, or is forged.
    if (!message || !this.#waiting?.transaction.equals(message.transaction)) return;
    if (message.kind !== 'success' && message.kind !== 'error') return;
    this.#waiting.resolve({ message, bytes, ms: performance.now() - this.#waiting.since });
    this.#waiting = null;
  }

  fail(error: Error): void {
    this.#error ??= error;
    this.#waiting?.reject(this.#error);
    this.#waiting = null;
  }
}

async function overUdp(url: IceUrl, address: string, signal: AbortSignal): Promise<StunConnection> {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  const exchange = new Exchange();
  const onAbort = (): void => exchange.fail(signal.reason);
  const close = (): void => {
    signal.removeEventListener('abort', onAbort);
    exchange.fail(new Error('closed'));
    socket.removeAllListeners().on('error', () => undefined);
    socket.close();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  socket.on('error', error => exchange.fail(error));
  socket.on('message', bytes => exchange.take(bytes));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      // A connected socket gets an error when nothing listens there (ICMP).
      socket.connect(url.port, address, () => {
        socket.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    close();
    throw error;
  }
  return {
    ask: async (request, key) => {
      const transaction = randomBytes(12);
      const bytes = encodeStun({ ...request, kind: 'request', transaction }, key);
      let timer: NodeJS.Timeout | undefined;
      const send = (waitMs: number): void => {
        socket.send(bytes, error => error && exchange.fail(error));
        timer = setTimeout(send, waitMs, waitMs * 2);
      };
      const reply = exchange.ask(transaction);
      send(RETRANSMIT_MS);
      try {
        return await reply;
      } finally {
        clearTimeout(timer);
      }
    },
    close,
  };
}

async function overTcp(url: IceUrl, address: string, signal: AbortSignal): Promise<StunConnection> {
  const secure = url.scheme.endsWith('s');
  const options = { host: address, port: url.port };
  const socket: Socket = secure
    ? connectTls({ ...options, ...(isIP(url.host) === 0 ? { servername: url.host } : {}) })
    : connect(options);
  const exchange = new Exchange();
  const onAbort = (): void => void socket.destroy(signal.reason);
  const close = (): void => {
    signal.removeEventListener('abort', onAbort);
    exchange.fail(new Error('closed'));
    socket.destroy();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  socket.setNoDelay(true);
  let buffered = Buffer.alloc(0);
  socket.on('data', chunk => {
    buffered = Buffer.concat([buffered, chunk]);
    try {
      for (let length = lengthOfStun(buffered); length !== null; length = lengthOfStun(buffered)) {
        exchange.take(buffered.subarray(0, length));
        buffered = buffered.subarray(length);
      }
      if (buffered.length > MAX_BUFFERED) throw new RangeError('it sends more than a message');
    } catch (error) {
      socket.destroy(new Error(`not a STUN or TURN server: ${(error as Error).message}`));
    }
  });
  socket.on('error', error => exchange.fail(error));
  socket.on('close', () => exchange.fail(new Error('the server closed the connection')));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(secure ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the server closed the connection')));
    });
  } catch (error) {
    close();
    throw error;
  }
  return {
    ask: async (request, key) => {
      const transaction = randomBytes(12);
      const reply = exchange.ask(transaction);
      socket.write(encodeStun({ ...request, kind: 'request', transaction }, key));
      return await reply;
    },
    close,
  };
}
