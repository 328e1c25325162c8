import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { problem } from '../problems.js';
import { send } from './errors.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether it shows the token; one that needs none may all the same. */
    isAuthorized: boolean;
  }
}

/** Paths for which a token is needed; what is left are the dashboard's files, the docs and the health check. */
const GUARDED = ['/api/', '/whep/', '/whip/'];

/**
 * Lets nobody in without the token. Runs before the body is read. A preflight carries none, and a session's own URL is
 * the right to end it (RFC 9725 §4.6 leaves that to the server; most players send no token there).
 */
export function guard(app: FastifyInstance, token: string): void {
  const expected = digest(token);
  app.decorateRequest('isAuthorized', false);
  app.addHook('onRequest', async (request, reply) => {
    // The route, not only the URL: the router takes %61pi and http://robot/api for the same.
    const { url: route = '' } = request.routeOptions;
    // Some players send the token bare.
    const given = /^(?:Bearer\s+)?(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    request.isAuthorized = given !== undefined && timingSafeEqual(digest(given), expected);
    if (
      request.method === 'OPTIONS' ||
      !GUARDED.some(prefix => route.startsWith(prefix) || request.url.startsWith(prefix))
    )
      return;
    if (/^\/wh[ei]p\/:camera\/:secret/.test(route)) return;
    if (request.isAuthorized) return;
    const detail = given === undefined ? 'The request has no token.' : 'The token is wrong.';
    return send(
      reply,
      problem(
        'unauthorized',
        detail,
        'Send "Authorization: Bearer TOKEN"; the server names the token\'s file when it starts.',
      ),
    );
  });
}

// Of equal length for every token, so that the comparison tells nothing of it.
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
