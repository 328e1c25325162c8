import { STATUS_CODES } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { ConnectionError, FastifyServerFactory } from 'fastify';
import type { ServerCertificate } from '../../domain/server-certificate.js';
import { descriptors } from '../../process/descriptors.js';
import { problem } from './problems.js';

/** ms that a request may take to come in, whole. A client that sends it by drops is let go. */
export const REQUEST_MS = 15_000;
/**
 * Node takes the shorter of the two for a request's headers, whichever was meant, and looks each 30 s by itself: a body
 * by drops had a minute and a half.
 */
export const HEADERS = { headersTimeout: 10_000, connectionsCheckingInterval: 5_000 };
/** ms that a connection on which nothing goes may last. */
export const CONNECTION_MS = 60_000;
/** ms that one is kept for the next request. */
export const KEEP_ALIVE_MS = 20_000;
/** ms; Node has two minutes by itself. */
const HANDSHAKE_MS = 10_000;

/** File descriptors that are left for cameras' workers, files and the log, at the most. */
const RESERVED = 1_024;

/**
 * How many connections may be open at once, by what this process may open at all (Node asks for as much as it may get)
 * and has open. One more is closed at once: without a descriptor left, it would wait for one. Undefined where that is
 * not known.
 */
export function connectionLimit(): number | undefined {
  const found = descriptors();
  if (!found) return undefined;
  return Math.max(1, found.free - Math.min(RESERVED, Math.ceil(found.limit / 4)));
}

/** What Node finds wrong before there is a request: a problem document as well, on the bare connection. */
export function refuseConnection(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const { status, detail } = UNREADABLE[error.code] ?? { status: 400, detail: 'This is no HTTP request.' };
  const body = JSON.stringify({ ...problem('bad-request', detail), status });
  if (socket.writable)
    socket.write(
      [
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
        'Connection: close',
        'Content-Type: application/problem+json',
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ].join('\r\n'),
    );
  socket.destroy(error);
}

const UNREADABLE: Readonly<Record<string, { status: number; detail: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: `The request did not come in within ${REQUEST_MS / 1000} s.` },
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'The headers are larger than this server takes.' },
};

/**
 * Makes HTTPS servers, as Fastify makes HTTP servers, that take a certificate which follows. Connections that there are
 * go on with the one that they began with. (On `localhost` Fastify listens at one address only with it.)
 */
export function tlsServer(certificate: ServerCertificate): FastifyServerFactory {
  const context = () => ({ cert: certificate.cert, key: certificate.key, minVersion: 'TLSv1.2' as const });
  return handler => {
    const server = createServer(
      {
        ...HEADERS,
        ...context(),
        requestTimeout: REQUEST_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        handshakeTimeout: HANDSHAKE_MS,
      },
      handler,
    );
    server.setTimeout(CONNECTION_MS);
    certificate.onChange(() => server.setSecureContext(context()));
    return server;
  };
}
