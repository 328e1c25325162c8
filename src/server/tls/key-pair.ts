import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Config } from '../../domain/contract.js';
import { ConfigError } from '../config/config-error.js';

export type TlsSettings = NonNullable<Config['server']['tls']>;

/** A certificate and its matching key, which can be served. */
export interface KeyPair {
  /** PEM: the server's certificate and the chain. */
  cert: string;
  /** PEM. */
  key: string;
  /** The server's certificate. */
  own: X509Certificate;
}

/** RFC 8996: older versions must not be used. */
export const MIN_TLS = 'TLSv1.2';

/** The minimum for browsers and OpenSSL (CA/Browser Forum, Baseline Requirements §6.1.5). */
const MIN_RSA_BITS = 2048;
/** Bytes; a chain of five has 10 kB. */
const MAX_FILE = 262_144;
/** No access for others, and at most read access for the group, which certbot and Debian's ssl-cert grant. */
const TOO_OPEN = 0o037;

/**
 * Reads the files that `server.tls` names.
 * @param base the folder against which relative paths are resolved
 * @throws ConfigError
 */
export function readKeyPair({ certFile, keyFile }: TlsSettings, base: string): KeyPair {
  const cert = readPem('certFile', resolve(base, certFile));
  const key = readPem('keyFile', resolve(base, keyFile));
  const privateKey = parseKey(key, keyFile);
  const own = parseCertificate(cert, certFile);
  if (!own.checkPrivateKey(privateKey))
    throw wrong(
      'keyFile',
      `${keyFile} is not the key of the first certificate in ${certFile}: the server's own must come first there`,
    );
  const bits = own.publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < MIN_RSA_BITS)
    throw wrong('certFile', `${certFile} has an RSA key of ${bits} bits; clients require at least ${MIN_RSA_BITS}`);
  try {
    createSecureContext({ cert, key, minVersion: MIN_TLS });
  } catch (error) {
    throw wrong('certFile', `${certFile} cannot be served: ${(error as Error).message}`);
  }
  return { cert, key, own };
}

const wrong = (name: keyof TlsSettings, message: string): ConfigError =>
  new ConfigError([{ path: ['server', 'tls', name], message: `cannot be used: ${message}` }]);

function readPem(name: keyof TlsSettings, file: string): string {
  let text: string;
  let mode: number;
  try {
    const facts = statSync(file);
    if (facts.size > MAX_FILE) throw wrong(name, `${file} is larger than ${MAX_FILE} bytes; that is not a PEM file`);
    mode = facts.mode;
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw wrong(name, `${file} cannot be read: ${(error as Error).message}`);
  }
  // Anybody may read a certificate, unless the same file contains its key.
  if ((name === 'keyFile' || text.includes('PRIVATE KEY')) && (mode & TOO_OPEN) !== 0)
    throw wrong(
      name,
      `${file} contains the private key, and other users can read it (mode ${(mode & 0o777).toString(8)}). Close it with: chmod ${(mode & 0o040) === 0 ? 600 : 640} '${file}'`,
    );
  return text;
}

function parseKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw wrong(
      'keyFile',
      pem.includes('ENCRYPTED')
        ? `${file} needs a passphrase, which nobody can enter at start. Remove it with: openssl pkey -in KEY -out KEY-WITHOUT`
        : `${file} is not a private key in PEM ("-----BEGIN PRIVATE KEY-----")`,
    );
  }
}

function parseCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw wrong('certFile', `${file} is not a certificate in PEM ("-----BEGIN CERTIFICATE-----")`);
  }
}
