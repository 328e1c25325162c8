import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Contract, methodsOf } from '../../../contract/contract.js';
import { type Rule, rulesOf } from '../../../contract/security.js';
import { type Access, allows, type Grant, NOBODY } from '../../../domain/access.js';
import { Failure } from '../../../domain/failure.js';
import { tokenInProtocols } from '../../../protocol/socket-token.js';
import { problem } from '../problems.js';
import { send } from './errors.js';
import type { WrongTokens } from './limits.js';
import { tokenInUrl, withToken } from './url-token.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What whoever asks may do. */
    grant: Grant;
    /** Whether it came with a token, which is right. */
    hasToken: boolean;
    /** What the same token may do later: it may expire while a connection goes on. @throws Failure as Access has it */
    identify(): Promise<Grant>;
  }
}

/** What is served beside the contract: the dashboard, the docs and their files. */
const PAGE = /^(\*|\/\*?|\/docs(\/.*)?)$/;
const READING = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Lets nobody in who may not, before the body is read. What an operation needs is in the contract, under `security`,
 * and is looked up by the route that was matched, so that no spelling of a URL gets around it. What is no operation
 * (the dashboard's files, the docs, answers that there is nothing) is open to all.
 */
export function guard(app: FastifyInstance, contract: Contract, access: Access, wrongTokens: WrongTokens): void {
  const rules = rulesOf(contract);
  const needed = (request: FastifyRequest): Rule | null => {
    const rule = rules.get(`${request.method} ${request.routeOptions.url}`);
    if (rule === undefined || rule.kind === 'open') return null;
    return rule.kind === 'session' && !access.requireTokenOnSessions ? null : rule;
  };

  const operations = new Set(methodsOf(contract).map(({ url }) => url));
  app.addHook('onRoute', ({ method, url }) => {
    const isRead = [method].flat().every(each => READING.includes(each));
    if (!operations.has(url) && !(isRead && PAGE.test(url)))
      throw new Error(`${String(method)} ${url} is neither in the contract nor a page: nothing says who may`);
  });

  app.decorateRequest('grant');
  app.decorateRequest('hasToken', false);
  app.decorateRequest('identify');
  app.addHook('onRequest', async (request, reply) => {
    request.grant = NOBODY;
    request.identify = async () => request.grant;
    const rule = needed(request);
    if (rule === null) return;
    const token = tokenOf(request);
    const camera = (request.params as { camera?: string }).camera;
    if (token === undefined) {
      request.grant = access.anonymous;
      if (rule.kind === 'optional' || rule.kind === 'identified' || allows(request.grant, rule.role, camera)) return;
      return challenge(reply, 'Bearer', NO_TOKEN);
    }
    await wrongTokens.admit(request, token);
    try {
      request.grant = await access.identify(token);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return refuse(request, reply, error);
    }
    request.identify = () => access.identify(token);
    wrongTokens.right(request, token);
    request.hasToken = true;
    if (rule.kind !== 'identified' && !allows(request.grant, rule.role, camera))
      return forbid(request, reply, rule.role, camera);
  });

  async function refuse(request: FastifyRequest, reply: FastifyReply, failure: Failure): Promise<FastifyReply> {
    const { code, message, remedy } = failure;
    // Past the error handler, which would log each: whoever cannot be identified could fill the disk.
    if (code !== 'unauthorized')
      return send(reply.header('Retry-After', failure.retryAfter ?? 1), problem(code, message, remedy));
    await wrongTokens.wrong(request);
    request.log.warn({ address: request.ip, route: request.routeOptions.url, reason: message }, 'token refused');
    return challenge(
      reply,
      `Bearer error="invalid_token", error_description="${quotable(message)}"`,
      problem('unauthorized', message, remedy ?? REMEDY),
    );
  }
}

/** What goes out in answer to a URL with a token in it is kept by nobody, and leads on to URLs that work. */
export function answerUrlTokens(app: FastifyInstance, access: Access): void {
  app.addHook('onSend', async (request, reply) => {
    const token = tokenInUrl(request);
    if (token === undefined) return;
    reply.header('Cache-Control', 'no-store');
    if (!access.requireTokenOnSessions || tokenOf(request) !== token) return;
    const location = reply.getHeader('Location');
    if (typeof location === 'string' && location.startsWith('/')) reply.header('Location', withToken(location, token));
    const links = reply.getHeader('Link');
    if (links === undefined) return;
    // Those of ICE servers begin with a scheme.
    const withTokens = [links]
      .flat()
      .map(link => String(link).replaceAll(LOCAL_LINK, (_, path) => `<${withToken(path, token)}>`));
    reply.header('Link', withTokens);
  });
}

/** The target of a Link on this server (RFC 8288 §3). */
const LOCAL_LINK = /<(\/[^>]*)>/g;
const REMEDY = 'Send "Authorization: Bearer TOKEN"; the server names the file of its own token when it starts.';
const NO_TOKEN = problem('unauthorized', 'The request has no token.', REMEDY);

/** The headers first, which a person cannot have left in by accident. Some players send the token bare. */
function tokenOf(request: FastifyRequest): string | undefined {
  const { authorization = '', upgrade, 'sec-websocket-protocol': protocols } = request.headers;
  return (
    /^(?!Bearer$)(?:Bearer\s+)?(\S+)$/i.exec(authorization)?.[1] ??
    (upgrade?.toLowerCase() === 'websocket' && protocols !== undefined ? tokenInProtocols(protocols) : undefined) ??
    tokenInUrl(request)
  );
}

function challenge(reply: FastifyReply, how: string, document: ReturnType<typeof problem>): FastifyReply {
  return send(reply.header('WWW-Authenticate', how), document);
}

/** RFC 6750 §3.1. Whether there is such a camera is not said. */
function forbid(request: FastifyRequest, reply: FastifyReply, role: Rule['role'], camera?: string): FastifyReply {
  const { name } = request.grant;
  const where = camera === undefined ? '' : ` for camera "${camera.slice(0, 63)}"`;
  request.log.info({ address: request.ip, by: name, route: request.routeOptions.url, role, camera }, 'role missing');
  return challenge(
    reply,
    `Bearer error="insufficient_scope", scope="${role}"`,
    problem('forbidden', `The token ("${name}") does not have the role "${role}"${where}.`, `Use a token that has it.`),
  );
}

/** As RFC 6750 §3 allows it in error_description. */
const quotable = (text: string): string => text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
