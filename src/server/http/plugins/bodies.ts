import type { FastifyBodyParser, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { bodiesOf, type Contract } from '../../../contract/contract.js';
import { Failure } from '../../../domain/failure.js';
import { BODY_KINDS, mediaTypeOf } from '../body-kinds.js';

/**
 * Accepts bodies of the media types in the contract; others are refused before they are read (415). The accepted types
 * are in `Accept-Post` and `Accept-Patch` of that answer and of the answer to OPTIONS, preflights included. If the
 * contract has no body, as for DELETE, a body of any type is ignored: some clients send a Content-Type with every
 * request. Call before CORS is set up, which answers preflights.
 */
export function parseBodies(app: FastifyInstance, contract: Contract): void {
  const bodies = bodiesOf(contract);
  const announce = (request: FastifyRequest, reply: FastifyReply): void => {
    for (const [method, header] of [
      ['POST', 'Accept-Post'],
      ['PATCH', 'Accept-Patch'],
    ]) {
      const body = bodies.get(`${method} ${request.routeOptions.url}`);
      if (body && header) reply.header(header, body.types.join(', '));
    }
  };

  app.removeAllContentTypeParsers();
  for (const [type, { limit }] of Object.entries(BODY_KINDS)) {
    const options = { parseAs: 'string', bodyLimit: limit } as const;
    if (type.endsWith('json')) app.addContentTypeParser(type, options, jsonParser(app));
    else app.addContentTypeParser(type, options, async (_request: FastifyRequest, text: string) => text);
  }
  // All but the last occur only in answers; the glue warns about types without a parser.
  app.addContentTypeParser(
    ['application/problem+json', 'text/event-stream', 'text/plain', 'image/jpeg', '*'],
    async (_request: FastifyRequest, payload: NodeJS.ReadableStream) => void payload.resume(),
  );

  app.addHook('onRequest', async (request, reply) => {
    if (request.method === 'OPTIONS') announce(request, reply);
  });
  app.addHook('preParsing', async (request, reply, payload) => {
    const { headers } = request.raw;
    const body = bodies.get(`${request.method} ${request.routeOptions.url}`);
    const isEmpty = Number(headers['content-length'] ?? 0) === 0 && headers['transfer-encoding'] === undefined;
    if (!body || (isEmpty && !body.required)) delete headers['content-type'];
    else if (!body.types.includes(mediaTypeOf(request))) {
      announce(request, reply);
      const given = headers['content-type'];
      throw new Failure(
        'unsupported-media-type',
        `${request.method} does not accept ${given ? `"${given.slice(0, 100)}"` : 'a body without a Content-Type'} here.`,
        { remedy: `Send ${body.types.join(' or ')}.` },
      );
    }
    return payload;
  });
}

/** Maximum nesting of a JSON body; the contract has four levels. */
const MAX_DEPTH = 16;

/** Parses JSON without keys that would reach a prototype, and with limited nesting: recursion cannot overflow. */
function jsonParser(app: FastifyInstance): FastifyBodyParser<string> {
  const parse = app.getDefaultJsonParser('error', 'error');
  return (request, text, done) =>
    parse(request, text, (error, body) => {
      const isDeep = !error && depthIsAbove(body, MAX_DEPTH);
      done(
        isDeep ? new Failure('invalid-body', `The JSON body is nested deeper than ${MAX_DEPTH} levels.`) : error,
        body,
      );
    });
}

function depthIsAbove(value: unknown, max: number): boolean {
  let level = [value];
  for (let depth = 0; depth <= max; depth++) {
    level = level.flatMap(inner => (typeof inner === 'object' && inner !== null ? Object.values(inner) : []));
    if (level.length === 0) return false;
  }
  return true;
}
