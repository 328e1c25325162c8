import { networkInterfaces } from 'node:os';
import type { Server } from '../server/compose.js';

/** Printed names of a certificate, which may have a hundred. */
const MAX_NAMES = 4;

/**
 * The origins at which a server is reached, loopback first. Over TLS only those that the certificate covers, as
 * browsers warn about the others; if it covers none of them, its names.
 */
export function originsOf({ address: { host, port }, certificate }: Pick<Server, 'address' | 'certificate'>): string[] {
  const scheme = certificate ? 'https' : 'http';
  const hosts = reachable(host);
  return (certificate ? coveredBy(certificate, hosts) : hosts).map(
    name => `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`,
  );
}

function coveredBy(
  { names, addresses }: NonNullable<Server['certificate']>,
  hosts: readonly string[],
): readonly string[] {
  const covered = hosts.filter(host => addresses.includes(host) || names.includes(host));
  if (covered.length > 0) return covered;
  const plain = names.filter(name => !name.includes('*')).slice(0, MAX_NAMES);
  return plain.length > 0 ? plain : hosts;
}

/** The addresses at which a server that listens on `host` is reached. */
function reachable(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host];
  const others = Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .filter(({ family, internal }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  return ['127.0.0.1', ...others];
}
