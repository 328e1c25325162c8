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
    /** What the caller may do. */
    grant: Grant;
    /** Whether the request has a valid token. */
    hasToken: boolean;
    /** The current grant of the same token, which may expire while a connection is open. @throws Failure like Access */
    identify(): Promise<Grant>;
  }
}

/** Routes outside the contract: the dashboard, the docs and their files. */
const PAGE = /^(\*|\/\*?|\/docs(\/.*)?)$/;
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Checks tokens and roles before the body is read. What an operation requires is in the contract, under `security`, and
 * is looked up by the matched route, so that no spelling of a URL gets around it. What is not an operation (the
 * dashboard's files, the docs, 404 answers) is open to all.
 */
export function guard(app: FastifyInstance, contract: Contract, access: Access, wrongTokens: WrongTokens): void {
  const rules = rulesOf(contract);
  const ruleFor = (request: FastifyRequest): Rule | null => {
    const rule = rules.get(`${request.method} ${request.routeOptions.url}`);
    if (rule === undefined || rule.kind === 'open') return null;
    return rule.kind === 'session' && !access.requireTokenOnSessions ? null : rule;
  };

  const operations = new Set(methodsOf(contract).map(({ url }) => url));
  app.addHook('onRoute', ({ method, url }) => {
    const isSafe = [method].flat().every(each => SAFE_METHODS.includes(each));
    if (!operations.has(url) && !(isSafe && PAGE.test(url)))
      throw new Error(`${String(method)} ${url} is neither in the contract nor a page, so it has no access rule`);
  });

  app.decorateRequest('grant');
  app.decorateRequest('hasToken', false);
  app.decorateRequest('identify');
  app.addHook('onRequest', async (request, reply) => {
    request.grant = NOBODY;
    request.identify = async () => request.grant;
    const rule = ruleFor(request);
    if (rule === null) return;
    const token = tokenOf(request);
    const camera = (request.params as { camera?: string }).camera;
    if (token === undefined) {
      request.grant = access.anonymous;
      if (rule.kind === 'optional' || rule.kind === 'identified' || allows(request.grant, rule.role, camera)) return;
      return challenge(reply, 'Bearer', NO_TOKEN);
    }
    await wrongTokens.check(request, token);
    try {
      request.grant = await access.identify(token);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return refuse(request, reply, error);
    }
    request.identify = () => access.identify(token);
    wrongTokens.recordValid(request, token);
    request.hasToken = true;
    if (rule.kind !== 'identified' && !allows(request.grant, rule.role, camera))
      return forbid(request, reply, rule.role, camera);
  });

  async function refuse(request: FastifyRequest, reply: FastifyReply, failure: Failure): Promise<FastifyReply> {
    const { code, message, remedy } = failure;
    // Not by the error handler, which logs each: anybody without a valid token could fill the disk.
    if (code !== 'unauthorized')
      return send(reply.header('Retry-After', failure.retryAfter ?? 1), problem(code, message, remedy));
    await wrongTokens.recordWrong(request);
    request.log.warn({ address: request.ip, route: request.routeOptions.url, reason: message }, 'token refused');
    return challenge(
      reply,
      `Bearer error="invalid_token", error_description="${quotable(message)}"`,
      problem('unauthorized', message, remedy ?? REMEDY),
    );
  }
}

/** Keeps answers to URLs with a token out of caches, and adds the token to the URLs in them so that those work. */
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
    // Links to ICE servers have a scheme and stay as they are.
    const withTokens = [links]
      .flat()
      .map(link => String(link).replaceAll(LOCAL_LINK, (_, path) => `<${withToken(path, token)}>`));
    reply.header('Link', withTokens);
  });
}

/** The target of a Link on this server (RFC 8288 §3). */
const LOCAL_LINK = /<(\/[^>]*)>/g;
const REMEDY = 'Send "Authorization: Bearer TOKEN"; the server prints the path of its own token file when it starts.';
const NO_TOKEN = problem('unauthorized', 'The request has no token.', REMEDY);

/** Headers win over the URL, where a token may be left over. Some players send the bare token. */
function tokenOf(request: FastifyRequest): string | undefined {
  const { authorization = '', upgrade, 'sec-websocket-protocol': protocols } = request.headers;
  return (
    /^(?!Bearer$)(?:Bearer\s+)?(\S+)$/i.exec(authorization)?.[1] ??
    (upgrade?.toLowerCase() === 'websocket' && protocols !== undefined ? tokenInProtocols(protocols) : undefined) ??
    tokenInUrl(request)
  );
}

function challenge(reply: FastifyReply, scheme: string, document: ReturnType<typeof problem>): FastifyReply {
  return send(reply.header('WWW-Authenticate', scheme), document);
}

/** RFC 6750 §3.1. Does not reveal whether the camera exists. */
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

/** Only the characters that RFC 6750 §3 allows in error_description. */
const quotable = (text: string): string => text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
