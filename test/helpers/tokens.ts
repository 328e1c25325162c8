import type { Config, Permission } from '../../src/domain/contract.js';
import { hashToken, makeToken, showHash } from '../../src/server/access/tokens.js';
import type { TestApp } from './app.js';
import type { Operation } from './contract.js';

/** A URL of an operation's path. */
export const urlOf = (path: string, session = 's-1', secret = 'a-secret'): string =>
  path
    .replace('{camera}', 'road')
    .replace('{session}', session)
    .replace('{secret}', secret)
    .replaceAll(/\{\w+\}/g, 'x');

type Entry = Config['access']['tokens'][number];

/** A token and its entry in the configuration. */
export function issue(name: string, ...permissions: Permission[]): { token: string; entry: Entry } {
  const token = makeToken();
  return { token, entry: { name, hash: showHash(hashToken(token)), permissions } };
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Every place in which a token may be sent, with the request that sends it there. */
export const PLACES: Readonly<
  Record<string, (url: string, token: string) => { url: string; headers: Record<string, string> }>
> = {
  header: (url, token) => ({ url, headers: bearer(token) }),
  'header alone': (url, token) => ({ url, headers: { authorization: token } }),
  '?token=': (url, token) => ({ url: `${url}?token=${encodeURIComponent(token)}`, headers: {} }),
  '?access_token=': (url, token) => ({ url: `${url}?access_token=${encodeURIComponent(token)}`, headers: {} }),
  '/t/TOKEN/': (url, token) => ({ url: `/t/${encodeURIComponent(token)}${url}`, headers: {} }),
};

/** Sends an operation with any headers. */
export function call({ app }: Pick<TestApp, 'app'>, { method, path }: Operation, headers: Record<string, string> = {}) {
  return app.inject({ method: method as 'GET', url: urlOf(path), headers });
}
