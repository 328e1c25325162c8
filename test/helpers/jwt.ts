import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import type { Test } from 'tap';

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = () => generateKeyPairSync('ed25519');

/** Keys of each kind, and a second, untrusted one of each. */
export const KEYS = {
  RS256: rsa(),
  EdDSA: ed25519(),
  otherRS256: rsa(),
  otherEdDSA: ed25519(),
  HS256: randomBytes(32).toString('hex'),
  otherHS256: randomBytes(32).toString('hex'),
};

export const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

/** Seconds since 1970. */
export const now = (): number => Math.floor(Date.now() / 1000);

/** A token that is valid for an hour and for everything; claims that are undefined are left out. */
export function sign(
  algorithm: string,
  key: KeyObject | string,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const all = { exp: now() + 3600, bigfootbot: { role: 'admin' }, ...claims };
  return new SignJWT(JSON.parse(JSON.stringify(all)) as Record<string, unknown>)
    .setProtectedHeader({ alg: algorithm, ...header })
    .sign(typeof key === 'string' ? Buffer.from(key) : key);
}

/** A token put together by hand, as no library would. */
export function forge(header: object, claims: object, signature: string | Buffer = ''): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${Buffer.from(signature).toString('base64url')}`;
}

export interface KeyServer {
  url: URL;
  /** How often it was asked. */
  asked: number;
  /** Starts to answer. */
  answer: (response: ServerResponse) => void;
}

/** The JWKS of these key pairs. */
export const keySet = (keys: Record<string, KeyObject>): string =>
  JSON.stringify({
    keys: Object.entries(keys).map(([kid, key]) => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig' })),
  });

/** A server of a JWKS, closed with the test. */
export async function keyServer(t: Test, set: string): Promise<KeyServer> {
  const server = createServer((_request, response) => {
    keys.asked++;
    keys.answer(response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const keys: KeyServer = {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`),
    asked: 0,
    answer: response => response.setHeader('Content-Type', 'application/json').end(set),
  };
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return keys;
}
