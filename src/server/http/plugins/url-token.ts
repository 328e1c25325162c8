import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';

/** Tokens that were in a path, by request. */
const fromPath = new WeakMap<IncomingMessage, string>();

/** `/t/TOKEN` and a path, with an optional origin before it (RFC 9112 §3.2.2). */
const TOKEN_IN_PATH = /^(https?:\/\/[^/?#]*)?\/t\/([^/?#]+)(\/.*)?$/is;

/**
 * Takes the token out of `/t/TOKEN/whep/front`, for players that can be configured with nothing but a URL, some of
 * which append a path to it. For Fastify's `rewriteUrl`: after it the token is nowhere that is logged.
 */
export function moveTokenFromPath(raw: IncomingMessage & { originalUrl?: string }): string {
  const url = raw.url ?? '/';
  const [, origin = '', encoded, rest = '/'] = TOKEN_IN_PATH.exec(url) ?? [];
  if (encoded === undefined) return url;
  fromPath.set(raw, decode(encoded));
  raw.originalUrl = origin + rest;
  return origin + rest;
}

/** The token that was in a request's path. */
export const tokenInPath = (raw: IncomingMessage): string | undefined => fromPath.get(raw);

/** The token in a request's URL, in its path or its query (`token`, or RFC 6750 §2.3's `access_token`). */
export function tokenInUrl(request: FastifyRequest): string | undefined {
  const { token, access_token: accessToken } = (request.query ?? {}) as Record<string, unknown>;
  return [fromPath.get(request.raw), token, accessToken].find(
    (value): value is string => typeof value === 'string' && value !== '',
  );
}

/** A path of this server with a token in it; not in the query, which some players remove from a Location. */
export const withToken = (path: string, token: string): string => `/t/${encodeURIComponent(token)}${path}`;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
