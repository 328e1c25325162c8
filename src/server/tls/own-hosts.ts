import { hostname, networkInterfaces } from 'node:os';
import { hostForCertificate } from './host-name.js';

/** Under what this machine is reached: its names, that of mDNS too, and its addresses; those of itself last. */
export function ownHosts(): string[] {
  const name = hostForCertificate(hostname());
  const names = name === null ? [] : name.includes('.') ? [name] : [name, `${name}.local`];
  return [...names, ...ownAddresses(), 'localhost', '127.0.0.1', '::1'];
}

/** Addresses that others can reach; none that hold on one link only, as those need its name beside them. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^fe80:/i.test(address))
    .map(({ address }) => address);
}
