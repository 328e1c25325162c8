import { createServer } from 'node:https';
import type { FastifyServerFactory } from 'fastify';
import type { ServerCertificate } from '../domain/ports.js';

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
