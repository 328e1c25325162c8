import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { tokenInPath } from './url-token.js';

/** Safe in a log and in a header. */
const VALID_ID = /^[\w.-]{1,64}$/;
const ID_BYTES = 8;

/** The request's own id if it is valid, else a new one. For Fastify's `genReqId`. */
export function requestIdOf(raw: IncomingMessage): string {
  const given = raw.headers['x-request-id'];
  const isId = typeof given === 'string' && VALID_ID.test(given) && !isToken(raw, given);
  return isId ? given : randomBytes(ID_BYTES).toString('hex');
}

/** A token must not get into the log. */
function isToken(raw: IncomingMessage, id: string): boolean {
  return [raw.headers.authorization, raw.url, tokenInPath(raw)].some(text => text?.includes(id) === true);
}

/** Sends the id under which the request is logged in every answer. Call before anything answers. */
export function sendRequestIds(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
  });
}
