import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findingsOf } from '../../../contract/finding.js';
import type { Problem, ProblemCode } from '../../../domain/contract.js';
import { Failure } from '../../../domain/failure.js';
import { redact } from '../../../domain/source.js';
import { OfferError } from '../../../protocol/offer.js';
import { SdpFragmentError } from '../../../protocol/sdp-fragment.js';
import { bodyKindOf } from '../body-kinds.js';
import { problem } from '../problems.js';

type Refused = FastifyError | Failure | OfferError | SdpFragmentError;

/** Every error leaves as a problem document. To be set before any route is registered. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler<Refused>((raised, request, reply) => {
    const error = asFailure(raised);
    const document = toProblem(error, request);
    if (document.code === 'internal') request.log.error({ err: error }, 'request failed');
    // No mistake of the program: what a person may want to know, without a stack.
    else if (document.status >= 500)
      request.log.warn({ address: request.ip, code: document.code, detail: document.detail }, 'request not served');
    // Fastify would end the connection, and a client that is still sending would learn of that before the answer: the
    // rest is read and thrown away instead, for as long as a request may take.
    if (document.code === 'payload-too-large') reply.removeHeader('connection');
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

/** What of the system runs out when too much is open, and comes back when somebody leaves. */
const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);
const EXHAUSTED_S = 5;

function asFailure(error: Refused): Refused {
  if (error instanceof Failure || !EXHAUSTED.has(String(error.code))) return error;
  return new Failure('overloaded', 'The server has as many files and connections open as it may.', {
    remedy: 'Ask again; if that lasts, let it open more (LimitNOFILE= of systemd, ulimit -n).',
    retryAfter: EXHAUSTED_S,
  });
}

function toProblem(error: Refused, request: FastifyRequest): Problem {
  if (error instanceof Failure || error instanceof OfferError || error instanceof SdpFragmentError)
    return problem(error.code, error.message, error.remedy);
  const body = bodyKindOf(request);
  if (error.validationContext === 'body' && body) {
    return problem(body.code, `${body.name} cannot be used: ${wrongWith(request.body, error)}.`);
  }
  if (error.validationContext === 'params') return nothingAt(request, error);
  if (error.validation) return problem('bad-request', `${error.message}.`);
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return problem(
        'payload-too-large',
        `${body?.name ?? 'The body'} is larger than this server takes.`,
        body && `At most ${body.limit} bytes are taken.`,
      );
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return problem('invalid-body', 'The JSON body cannot be used: it is no JSON.');
  }
  // What the file server says of paths that no file can have.
  if (error.statusCode === 403 || error.statusCode === 404)
    return problem('not-found', `There is no ${request.method} ${pathOf(request)}.`);
  // Fastify's and Node's own findings about a request: a malformed URL, an empty body, …
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return problem('bad-request', `${error.message}.`);
  return problem('internal', 'The server made a mistake; its log says which.');
}

/** What a part of a path names; nothing has a name that the contract does not allow. */
const NAMED: Readonly<Record<string, ProblemCode>> = {
  '/camera': 'unknown-camera',
  '/session': 'unknown-session',
  '/secret': 'unknown-session',
};

function nothingAt(request: FastifyRequest, { validation = [] }: FastifyError): Problem {
  const part = validation[0]?.instancePath ?? '';
  return problem(NAMED[part] ?? 'not-found', `There is no ${request.method} ${pathOf(request)}.`);
}

/** Findings that are told of one body. */
const MAX_FINDINGS = 10;

function wrongWith(body: unknown, { message, validation = [] }: FastifyError): string {
  if (body === '') return 'it is empty';
  // Of a text there is nothing to be found in it by a schema.
  if (typeof body === 'string') return message;
  const findings = findingsOf(validation as Parameters<typeof findingsOf>[0]).slice(0, MAX_FINDINGS);
  return redact(findings.map(({ path, message }) => `${path.join('.') || 'it'} ${message}`).join('; '));
}

// The query may hold a token.
export function pathOf(request: Pick<FastifyRequest, 'url'>): string {
  return (request.url.split('?')[0] ?? '').slice(0, 200);
}
