import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findingsOf } from '../../../contract/finding.js';
import type { Problem, ProblemCode } from '../../../domain/contract.js';
import { Failure } from '../../../domain/failure.js';
import { redact } from '../../../domain/source.js';
import { OfferError } from '../../../protocol/offer.js';
import { SdpFragmentError } from '../../../protocol/sdp-fragment.js';
import { bodyKindOf } from '../body-kinds.js';
import { problem } from '../problems.js';

type RequestFailure = FastifyError | Failure | OfferError | SdpFragmentError;

/** Answers every error with a problem document. Call before any route is registered. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler<RequestFailure>((raised, request, reply) => {
    const error = asFailure(raised);
    const document = toProblem(error, request);
    if (document.code === 'internal') request.log.error({ err: error }, 'request failed');
    // Not a bug: logged for operators, without a stack.
    else if (document.status >= 500)
      request.log.warn({ address: request.ip, code: document.code, detail: document.detail }, 'request not served');
    // Fastify would close the connection, and a client that is still sending would see that before the answer: the rest
    // of the body is read and discarded instead, within the request timeout.
    if (document.code === 'payload-too-large') reply.removeHeader('connection');
    if (error instanceof Failure && error.retryAfter !== undefined) reply.header('Retry-After', error.retryAfter);
    return send(reply, document);
  });
  app.setNotFoundHandler((request, reply) =>
    send(
      reply,
      problem('not-found', `There is no ${request.method} ${pathOf(request)}.`, 'GET /docs lists all operations.'),
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

/** System errors when too many files are open; they pass when connections are closed. */
const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);
const EXHAUSTED_S = 5;

function asFailure(error: RequestFailure): RequestFailure {
  if (error instanceof Failure || !EXHAUSTED.has(String(error.code))) return error;
  return new Failure('overloaded', 'The server has reached its limit of open files and connections.', {
    remedy: 'Try again; if this persists, raise the limit (LimitNOFILE= of systemd, ulimit -n).',
    retryAfter: EXHAUSTED_S,
  });
}

function toProblem(error: RequestFailure, request: FastifyRequest): Problem {
  if (error instanceof Failure || error instanceof OfferError || error instanceof SdpFragmentError)
    return problem(error.code, error.message, error.remedy);
  const body = bodyKindOf(request);
  if (error.validationContext === 'body' && body) {
    return problem(body.code, `${body.name} is invalid: ${describeErrors(request.body, error)}.`);
  }
  if (error.validationContext === 'params') return notFound(request, error);
  if (error.validation) return problem('bad-request', `${error.message}.`);
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return problem(
        'payload-too-large',
        `${body?.name ?? 'The body'} is larger than this server accepts.`,
        body && `Send at most ${body.limit} bytes.`,
      );
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return problem('invalid-body', 'The JSON body is invalid: it is not JSON.');
  }
  // From the file server, for paths that no file can have.
  if (error.statusCode === 403 || error.statusCode === 404)
    return problem('not-found', `There is no ${request.method} ${pathOf(request)}.`);
  // From Fastify and Node: a malformed URL, an empty body, …
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return problem('bad-request', `${error.message}.`);
  return problem('internal', 'The request failed because of a bug in the server; its log has the details.');
}

/** The problem of an invalid path parameter: nothing has a name that the contract does not allow. */
const PARAMETER_PROBLEMS: Readonly<Record<string, ProblemCode>> = {
  '/camera': 'unknown-camera',
  '/session': 'unknown-session',
  '/secret': 'unknown-session',
};

function notFound(request: FastifyRequest, { validation = [] }: FastifyError): Problem {
  const parameter = validation[0]?.instancePath ?? '';
  return problem(PARAMETER_PROBLEMS[parameter] ?? 'not-found', `There is no ${request.method} ${pathOf(request)}.`);
}

/** Findings that are reported for one body. */
const MAX_FINDINGS = 10;

function describeErrors(body: unknown, { message, validation = [] }: FastifyError): string {
  if (body === '') return 'it is empty';
  // A text has no findings with a path.
  if (typeof body === 'string') return message;
  const findings = findingsOf(validation as Parameters<typeof findingsOf>[0]).slice(0, MAX_FINDINGS);
  return redact(findings.map(({ path, message }) => `${path.join('.') || 'it'} ${message}`).join('; '));
}

// Without the query, which may contain a token.
export function pathOf(request: Pick<FastifyRequest, 'url'>): string {
  return (request.url.split('?')[0] ?? '').slice(0, 200);
}
