import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { tokenInPath } from './url-token.js';

/** What may stand in a log and in a header as it is. */
const SANE = /^[\w.-]{1,64}$/;
const ID_BYTES = 8;

/** The id that a request came with, if that can be one, else a new one. For Fastify's `genReqId`. */
export function requestIdOf(raw: IncomingMessage): string {
  const given = raw.headers['x-request-id'];
  const isId = typeof given === 'string' && SANE.test(given) && !isToken(raw, given);
  return isId ? given : randomBytes(ID_BYTES).toString('hex');
}

/** It would get into the log. */
function isToken(raw: IncomingMessage, id: string): boolean {
  return [raw.headers.authorization, raw.url, tokenInPath(raw)].some(text => text?.includes(id) === true);
}

/** Says in each answer under which id the log has the request. To be called before anything answers. */
export function sendRequestIds(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
  });
}
