import { networkInterfaces } from 'node:os';
import type { Server } from '../server/compose.js';

/** Names in a certificate that are printed; there may be a hundred. */
const MAX_NAMES = 4;

/**
 * The origins at which a server is reached, this machine's own first. Over TLS those that the certificate is for, as
 * others make browsers warn; if it is for none of them, its names.
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

/** The addresses under which a server that listens on `host` is reached. */
function reachable(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host];
  const others = Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .filter(({ family, internal }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  return ['127.0.0.1', ...others];
}
