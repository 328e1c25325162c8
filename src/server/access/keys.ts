import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../../domain/contract.js';
import { ConfigError } from '../config/config-error.js';

type KeySettings = Config['access']['jwt'][number]['key'];

/** What an issuer's tokens are verified with, and the algorithms of that type of key: no others are accepted. */
export type IssuerKey =
  | { kind: 'local'; key: KeyObject | Uint8Array; algorithms: readonly string[] }
  | { kind: 'remote'; url: URL; algorithms: readonly string[] };

const SECRET = ['HS256'];
const RSA = ['RS256'];
// RFC 9864 gave EdDSA with Ed25519 its own name; issuers send either.
const ED25519 = ['EdDSA', 'Ed25519'];

/** Bytes of a key file; an RSA key of 16384 bits has 3 kB as PEM. */
const MAX_FILE = 16_384;
/** RFC 7518 §3.2: no shorter than the hash. */
const MIN_SECRET = 32;
/** RFC 7518 §3.3. */
const MIN_RSA_BITS = 2048;

/**
 * Reads the key that a `key` of the configuration names.
 * @param base the folder against which relative paths are resolved
 * @throws ConfigError
 */
export function readKey(issuer: string, settings: KeySettings, base: string): IssuerKey {
  const refuse = (what: string): never => {
    throw new ConfigError([{ path: ['access', 'jwt'], message: `"${issuer}": ${what}` }]);
  };
  const read = (path: string, secret: boolean): string => {
    const file = resolve(base, path);
    try {
      const { mode, size } = statSync(file);
      if (secret && (mode & 0o077) !== 0)
        refuse(`${file}: other users can read the secret. Close it with: chmod 600 '${file}'`);
      if (size > MAX_FILE) refuse(`${file}: is larger than ${MAX_FILE} bytes; that is not a key`);
      return readFileSync(file, 'utf8');
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      return refuse(`${file}: cannot be read: ${(error as Error).message}`);
    }
  };
  if (settings.secretFile !== undefined) {
    const secret = Buffer.from(read(settings.secretFile, true).trim());
    if (secret.length < MIN_SECRET)
      refuse(
        `${settings.secretFile}: the secret has ${secret.length} bytes; HS256 needs at least ${MIN_SECRET}. Make one with: openssl rand -hex 32`,
      );
    return { kind: 'local', key: secret, algorithms: SECRET };
  }
  if (settings.jwks !== undefined) {
    const url = URL.canParse(settings.jwks) ? new URL(settings.jwks) : refuse(`jwks: "${settings.jwks}" is not a URL`);
    if (url.username !== '' || url.password !== '') refuse('jwks: a URL with a password in it is not accepted');
    return { kind: 'remote', url, algorithms: [...RSA, ...ED25519] };
  }
  const { publicKey, publicKeyFile } = settings;
  const pem = publicKey ?? (publicKeyFile === undefined ? refuse('key: is empty') : read(publicKeyFile, false));
  return readPublicKey(pem, refuse);
}

function readPublicKey(pem: string, refuse: (what: string) => never): IssuerKey {
  // Node would accept it and use the public half. A private key can make tokens: it does not belong on the robot.
  if (pem.includes('PRIVATE KEY')) refuse('the key is private. Use the public one: openssl pkey -in KEY -pubout');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    return refuse('the key is not a public key in PEM ("-----BEGIN PUBLIC KEY-----")');
  }
  if (key.asymmetricKeyType === 'ed25519') return { kind: 'local', key, algorithms: ED25519 };
  if (key.asymmetricKeyType !== 'rsa')
    return refuse(`the key is of type ${key.asymmetricKeyType}; RSA (RS256) and Ed25519 (EdDSA) are supported`);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MIN_RSA_BITS) refuse(`the RSA key has ${bits} bits; it needs at least ${MIN_RSA_BITS}`);
  return { kind: 'local', key, algorithms: RSA };
}
