import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../../../domain/failure.js';
import type { ServerCertificate } from '../../../domain/server-certificate.js';

/** Half a year, of this host alone: others of its domain are not this server's to speak for. */
const HSTS = `max-age=${180 * 86_400}`;

/**
 * Whether the page that asks, if it is one, may: browsers ask nobody before they open a WebSocket to elsewhere.
 * @param origins as for `tellBrowsers`
 */
function originMay({ headers }: Pick<FastifyRequest, 'headers'>, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  // Its own pages. A proxy in front of it may speak another scheme.
  return URL.canParse(origin) && new URL(origin).host === host;
}

/**
 * @param what such pages may not do, as in "listen"
 * @throws Failure forbidden
 */
export function checkOrigin(request: FastifyRequest, origins: readonly string[], what: string): void {
  if (originMay(request, origins)) return;
  throw new Failure('forbidden', `Pages of ${String(request.headers.origin).slice(0, 255)} may not ${what}.`, {
    remedy: 'Add the origin to access.origins.',
  });
}

/**
 * What browsers need to be told: who may call from another page, and what the pages from here may do.
 * @param origins of pages that may call; `*` for any; looked at for each request
 * @param certificate of HTTPS; null for HTTP
 */
export async function sendBrowserHeaders(
  app: FastifyInstance,
  origins: readonly string[],
  certificate: Pick<ServerCertificate, 'isSelfSigned'> | null,
): Promise<void> {
  const options = {
    credentials: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    // Eyevinn's WHIP client sends an ETag, which is ignored: If-Match is what it means.
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
    // OPTIONS that is no preflight is answered by the operation (Accept-Post).
    delegator: (request, done) =>
      done(null, {
        ...options,
        // Where any page may ask: without a token it gets nothing, and cookies are not used.
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
    // Robots are opened over plain HTTP on a local address: none of what belongs to HTTPS alone. HSTS is below.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    crossOriginEmbedderPolicy: false,
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  });
  // A browser that was told to insist on it would not let a person go on with one that nobody vouches for.
  if (certificate)
    app.addHook('onRequest', async (_request, reply) => {
      if (!certificate.isSelfSigned) reply.header('Strict-Transport-Security', HSTS);
    });
}
