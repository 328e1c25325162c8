import { type Access, type Grant, NOBODY } from '../../domain/access.js';
import type { Config } from '../../domain/contract.js';
import { Failure } from '../../domain/failure.js';
import type { Log } from '../../domain/log.js';
import { ConfigError } from '../config/config-error.js';
import { type Issuer, isJwt, verifyJwt } from './jwt.js';
import { type KeySets, remoteKeySet } from './key-set.js';
import { readKey } from './keys.js';
import { readNetworks } from './networks.js';
import { findToken, hashToken, type KnownToken, readHash } from './tokens.js';

type Settings = Config['access'];

export interface AccessOptions {
  settings: Settings;
  legacy: Config['legacy'];
  /** The server's own token: `admin` for everything. */
  ownToken: string;
  /** The folder against which relative paths of key files are resolved. */
  base: string;
  log: Log;
  /** Key sets to reuse, by URL; new ones are added. */
  keySets?: KeySets;
}

/**
 * Access control as configured.
 * @throws ConfigError
 */
export function makeAccess({ settings, legacy, ownToken, base, log, keySets = new Map() }: AccessOptions): Access {
  refuseDuplicates(settings);
  const isLegacyNetwork =
    legacy.networks.length === 0 ? () => true : networksOf(['legacy', 'networks'], legacy.networks);
  const isProxy = networksOf(['access', 'proxies'], settings.proxies);
  const tokens: KnownToken[] = [
    {
      grant: { name: "the server's own token", permissions: [{ role: 'admin' }] },
      hash: hashToken(ownToken),
      expiresAt: null,
    },
    ...settings.tokens.map(({ name, hash, permissions, expires }) => ({
      grant: { name, permissions },
      hash: readHash(hash),
      expiresAt: expires === undefined ? null : readTime(name, expires),
    })),
  ];
  const keySet = ({ href }: URL) => {
    const known = keySets.get(href) ?? remoteKeySet(new URL(href), log);
    keySets.set(href, known);
    return known;
  };
  const issuers = settings.jwt.map(({ name, key, issuer, audience }): Issuer => {
    const read = readKey(name, key, base);
    if (read.kind === 'remote' && read.url.protocol !== 'https:' && !isLoopback(read.url))
      log.warn({ issuer: name }, 'JWKS URL is not HTTPS: its keys can be replaced in transit');
    const found = read.kind === 'remote' ? keySet(read.url) : async () => read.key;
    return { name, key: found, algorithms: read.algorithms, issuer, audience };
  });
  return {
    anonymous: { name: 'anonymous', permissions: settings.anonymous },
    legacy: address => (legacy.anonymous && isLegacyNetwork(address) ? UNMODIFIED : NOBODY),
    isProxy,
    requireTokenOnSessions: settings.requireTokenOnSessions,
    identify: async token => {
      const found = findToken(tokens, token);
      if (found === null && issuers.length > 0 && isJwt(token)) return verifyJwt(issuers, token);
      if (found === null) throw new Failure('unauthorized', 'The token is wrong.');
      if (found.expiresAt !== null && Date.now() >= found.expiresAt)
        throw new Failure('unauthorized', 'The token has expired.', {
          remedy: 'Make a new one with "bigfootbot-video token".',
        });
      return found.grant;
    },
  };
}

const UNMODIFIED: Grant = { name: 'legacy.anonymous', permissions: [{ role: 'view' }, { role: 'publish' }] };

/** @throws ConfigError */
function networksOf(key: readonly string[], networks: readonly string[]): (address: string) => boolean {
  const read = readNetworks(networks);
  if (typeof read === 'function') return read;
  const path = [...key, String(networks.indexOf(read.wrong))];
  throw new ConfigError([
    { path, message: `"${read.wrong}" is not a network; write it like 192.168.1.0/24 or fd00::/8` },
  ]);
}

/** The cameras that permissions are limited to, with their holders: a name without a camera is probably a typo. */
export function camerasNamed(settings: Settings): { camera: string; holder: string }[] {
  return [
    ...settings.tokens.map(({ name, permissions }) => ({ holder: name, permissions })),
    { holder: 'anonymous', permissions: settings.anonymous },
  ].flatMap(({ holder, permissions }) =>
    permissions.flatMap(({ cameras = [] }) => cameras.map(camera => ({ camera, holder }))),
  );
}

const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

function refuseDuplicates(settings: Settings): void {
  const lists: [list: string, what: string, values: readonly string[]][] = [
    ['tokens', 'has two tokens named', settings.tokens.map(({ name }) => `"${name}"`)],
    ['jwt', 'has two issuers named', settings.jwt.map(({ name }) => `"${name}"`)],
    ['tokens', 'has one token twice:', settings.tokens.map(({ hash }) => hash.toLowerCase())],
  ];
  for (const [list, what, values] of lists) {
    const duplicate = values.find((value, index) => values.indexOf(value) !== index);
    if (duplicate !== undefined) throw new ConfigError([{ path: ['access', list], message: `${what} ${duplicate}` }]);
  }
}

function readTime(name: string, text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new ConfigError([
      { path: ['access', 'tokens'], message: `"${name}": expires: "${text}" is not a date and time` },
    ]);
  return time;
}
