import { BlockList, isIP } from 'node:net';

/**
 * Parses networks in CIDR notation, such as `192.168.1.0/24`; an address alone is one machine.
 * @returns a test whether an address is in one of them, or the first that is invalid
 */
export function readNetworks(networks: readonly string[]): ((address: string) => boolean) | { wrong: string } {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address);
    const bits = family === 4 ? 32 : 128;
    const length = prefix === undefined ? bits : Number(prefix);
    if (family === 0 || !Number.isInteger(length) || length > bits) return { wrong: network };
    list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  }
  return address => {
    // An IPv4 client of a dual-stack socket.
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6');
  };
}
