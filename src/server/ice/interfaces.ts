import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

export type Interfaces = Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, 'address'>[] | undefined>>;

/**
 * The current addresses of interfaces, which may also be named by an address of this machine; without link-local IPv6,
 * which is useless off the local link.
 * @returns the addresses of each; none for one that does not exist
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
