import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';

/** Tokens that were in a path, by the request whose path it was. */
const fromPath = new WeakMap<IncomingMessage, string>();

/** `/t/TOKEN` and a path; before it, perhaps, the origin (RFC 9112 §3.2.2). */
const TOKEN_IN_PATH = /^(https?:\/\/[^/?#]*)?\/t\/([^/?#]+)(\/.*)?$/is;

/**
 * Takes the token out of `/t/TOKEN/whep/front`, the form for players to which a person can give nothing but a URL, and
 * to which they add a path themselves. For Fastify's `rewriteUrl`: from here on nothing has the token that could log it.
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

/** A path of this server that brings a token along; without a query, which some players cut off of a Location. */
export const withToken = (path: string, token: string): string => `/t/${encodeURIComponent(token)}${path}`;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
