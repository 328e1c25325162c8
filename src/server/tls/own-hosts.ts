import { hostname, networkInterfaces } from 'node:os';
import { hostForCertificate } from './host-name.js';

/** The names (including mDNS) and addresses by which this machine can be reached; loopback last. */
export function ownHosts(): string[] {
  const name = hostForCertificate(hostname());
  const names = name === null ? [] : name.includes('.') ? [name] : [name, `${name}.local`];
  return [...names, ...ownAddresses(), 'localhost', '127.0.0.1', '::1'];
}

/** Addresses that others can reach; without link-local ones, which need the name of the link. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^fe80:/i.test(address))
    .map(({ address }) => address);
}
