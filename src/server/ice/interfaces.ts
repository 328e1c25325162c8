import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

export type Interfaces = Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, 'address'>[] | undefined>>;

/**
 * The addresses that interfaces, or addresses of this machine, have at this moment; link-local IPv6 left out, as it
 * means nothing to who is not on the same cable.
 * @returns the addresses of each, none for one that is not there
 */
export function addressesOf(
  wanted: readonly string[],
  interfaces: Interfaces = networkInterfaces(),
): { name: string; addresses: string[] }[] {
  const usable = (address: string): boolean => !/^fe80:/i.test(address);
  const own = new Set(Object.values(interfaces).flatMap(list => (list ?? []).map(({ address }) => address)));
  return wanted.map(name => ({
    name,
    addresses: own.has(name)
      ? [name]
      : ((Object.hasOwn(interfaces, name) && interfaces[name]) || []).map(({ address }) => address).filter(usable),
  }));
}
