import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../../../domain/failure.js';
import type { ServerCertificate } from '../../../domain/server-certificate.js';

/** Half a year, for this host only: this server cannot speak for other hosts of the domain. */
const HSTS = `max-age=${180 * 86_400}`;

/**
 * Whether the calling page, if there is one, is allowed: browsers send no preflight before they open a WebSocket to
 * another origin.
 * @param origins as for `sendBrowserHeaders`
 */
function isAllowedOrigin({ headers }: Pick<FastifyRequest, 'headers'>, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  // The server's own pages. A proxy in front of it may use another scheme.
  return URL.canParse(origin) && new URL(origin).host === host;
}

/**
 * @param action what the page may not do, as in "listen"
 * @throws Failure forbidden
 */
export function checkOrigin(request: FastifyRequest, origins: readonly string[], action: string): void {
  if (isAllowedOrigin(request, origins)) return;
  throw new Failure('forbidden', `Pages of ${String(request.headers.origin).slice(0, 255)} may not ${action}.`, {
    remedy: 'Add the origin to access.origins.',
  });
}

/**
 * Sends CORS headers and the security headers of the server's own pages.
 * @param origins of pages that may call; `*` for any; read for each request
 * @param certificate for HTTPS; null for HTTP
 */
export async function sendBrowserHeaders(
  app: FastifyInstance,
  origins: readonly string[],
  certificate: Pick<ServerCertificate, 'isSelfSigned'> | null,
): Promise<void> {
  const options = {
    credentials: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    // Eyevinn's WHIP client sends ETag where it means If-Match; it is ignored.
    allowedHeaders: ['Authorization', 'Content-Type', 'If-Match', 'ETag', 'X-Request-Id'],
    exposedHeaders: [
      'Location',
      'Link',
      'ETag',
      'Accept-Patch',
      'Retry-After',
      'WWW-Authenticate',
      'X-Request-Id',
      'Frame-Age-Ms',
      'Frame-Captured-At',
    ],
    maxAge: 600,
    strictPreflight: false,
  };
  await app.register(cors, {
    // OPTIONS that is not a preflight is answered by the operation (Accept-Post).
    delegator: (request, done) =>
      done(null, {
        ...options,
        // Any page may call: without a token it gets nothing, and cookies are not used.
        origin: origins.includes('*') ? true : [...origins],
        preflightContinue: !('access-control-request-method' in request.headers),
      }),
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'self'"],
      },
    },
    // Robots are used over plain HTTP on a local address: no headers that need HTTPS. HSTS is below.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    crossOriginEmbedderPolicy: false,
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  });
  // With HSTS, browsers do not let a person proceed past a self-signed certificate.
  if (certificate)
    app.addHook('onRequest', async (_request, reply) => {
      if (!certificate.isSelfSigned) reply.header('Strict-Transport-Security', HSTS);
    });
}
