import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../../domain/contract.js';
import { Failure } from '../../domain/failure.js';
import { OfferError } from '../../protocol/offer.js';
import { problem } from '../problems.js';

/** Every error leaves as a problem document. To be set before any route is registered. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError | Failure | OfferError>((error, request, reply) => {
    const document = toProblem(error, request);
    if (document.status >= 500) request.log.error({ err: error }, 'request failed');
    if (error instanceof Failure && error.retryAfter !== undefined) reply.header('Retry-After', error.retryAfter);
    return send(reply, document);
  });
  app.setNotFoundHandler((request, reply) =>
    send(
      reply,
      problem('not-found', `There is no ${request.method} ${pathOf(request)}.`, 'GET /docs shows what there is.'),
    ),
  );
}

export function send(reply: FastifyReply, document: Problem): FastifyReply {
  return reply
    .code(document.status)
    .type('application/problem+json')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(document);
}

function toProblem(error: FastifyError | Failure | OfferError, request: FastifyRequest): Problem {
  if (error instanceof Failure || error instanceof OfferError) return problem(error.code, error.message, error.remedy);
  // Not 400, on which some players turn to another protocol.
  if (error.validationContext === 'body') return problem('invalid-sdp', 'The offer cannot be used: it is empty.');
  if (error.validation) return problem('bad-request', `${error.message}.`);
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return problem(
        'payload-too-large',
        'The body is larger than this server takes.',
        'An offer has at most 65536 bytes.',
      );
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return problem(
        'unsupported-media-type',
        `${request.method} ${pathOf(request)} does not take "${String(request.headers['content-type'] ?? 'no content type').slice(0, 100)}".`,
        'Send application/sdp.',
      );
  }
  // What the file server says of paths that no file can have.
  if (error.statusCode === 403 || error.statusCode === 404)
    return problem('not-found', `There is no ${request.method} ${pathOf(request)}.`);
  // Fastify's and Node's own findings about a request: a malformed URL, an empty body, …
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return problem('bad-request', `${error.message}.`);
  return problem('internal', 'The server made a mistake; its log says which.');
}

// The query may hold a token.
export function pathOf(request: Pick<FastifyRequest, 'url'>): string {
  return (request.url.split('?')[0] ?? '').slice(0, 200);
}
