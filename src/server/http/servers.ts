import { STATUS_CODES } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { ConnectionError, FastifyServerFactory } from 'fastify';
import type { ServerCertificate } from '../../domain/server-certificate.js';
import { descriptors } from '../../process/descriptors.js';
import { problem } from './problems.js';

/** ms within which a whole request must arrive. A client that sends it more slowly is disconnected. */
export const REQUEST_MS = 15_000;
/**
 * Node applies the shorter of headersTimeout and requestTimeout to a request's headers, and by default checks only
 * every 30 s: a slow body could take a minute and a half.
 */
export const HEADERS = { headersTimeout: 10_000, connectionsCheckingInterval: 5_000 };
/** ms after which an idle connection is closed. */
export const CONNECTION_MS = 60_000;
/** ms that a connection is kept open for the next request. */
export const KEEP_ALIVE_MS = 20_000;
/** ms; Node's default is two minutes. */
const HANDSHAKE_MS = 10_000;

/** File descriptors reserved for camera workers, files and the log, at most. */
const RESERVED = 1_024;

/**
 * How many connections may be open at once, from the file descriptor limit of this process (Node raises the soft limit
 * to the hard one) and the descriptors in use. One more connection is closed at once: without a free descriptor it
 * would hang. Undefined if the limit is unknown.
 */
export function connectionLimit(): number | undefined {
  const found = descriptors();
  if (!found) return undefined;
  return Math.max(1, found.free - Math.min(RESERVED, Math.ceil(found.limit / 4)));
}

/** Answers errors that Node finds before there is a request, with a problem document on the bare connection. */
export function refuseConnection(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const { status, detail } = INVALID_REQUESTS[error.code] ?? {
    status: 400,
    detail: 'This is not a valid HTTP request.',
  };
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

const INVALID_REQUESTS: Readonly<Record<string, { status: number; detail: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: `The request did not arrive within ${REQUEST_MS / 1000} s.` },
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'The headers are larger than this server accepts.' },
};

/**
 * Makes HTTPS servers for Fastify whose certificate can be replaced while they run. Existing connections keep the
 * certificate that they started with. (With a server factory, Fastify listens on only one address of `localhost`.)
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
