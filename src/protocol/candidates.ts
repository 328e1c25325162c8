interface Candidate {
  /** The value of the `a=candidate` line. */
  value: string;
  priority: number;
  address: string;
  port: number;
  type: string;
}

/** RFC 8445 §5.1.2.1: the highest type preference, and the share of component 1, the only one. */
const BEST_TYPE = 126 * 2 ** 24;
const COMPONENT_1 = 255;

/**
 * Values of the `a=candidate` lines that a viewer can use, best first: UDP only, IPv4 before IPv6, by priority.
 * Link-local IPv6 is omitted: it is meaningless without the interface.
 * @param announce external addresses of this machine with the same ports (a 1:1 NAT, a container's host): a host
 *   candidate of each precedes all others, best first
 */
export function candidatesOf(sdp: string, announce: readonly string[] = []): string[] {
  const gathered = readCandidates(sdp);
  const hosts = gathered.filter(({ type }) => type === 'host');
  const announced: Candidate[] = [];
  for (const address of announce) {
    for (const { port, address: own } of hosts) {
      if (isIpv6(own) !== isIpv6(address)) continue;
      if (announced.some(other => other.address === address && other.port === port)) continue;
      const order = announced.length;
      const priority = BEST_TYPE + (0xffff - order) * 2 ** 8 + COMPONENT_1;
      const value = `announced${order} 1 UDP ${priority} ${address} ${port} typ host`;
      announced.push({ value, priority, address, port, type: 'host' });
    }
  }
  // An announced address that this machine has itself must not appear twice.
  const others = gathered.filter(
    ({ type, address, port }) =>
      type !== 'host' || !announced.some(other => other.address === address && other.port === port),
  );
  // Without duplicates, from whichever section webrtcbin put them in.
  return [...new Set([...announced, ...others].map(({ value }) => value))];
}

function readCandidates(sdp: string): Candidate[] {
  return [...sdp.matchAll(/^a=candidate:(\S+ 1 UDP (\d+) (\S+) (\d+) typ (\S+).*?)\r?$/gim)]
    .map(([, value = '', priority = '0', address = '', port = '0', type = '']) => ({
      value,
      priority: Number(priority),
      address,
      port: Number(port),
      type,
    }))
    .filter(({ address }) => !/^fe80:/i.test(address))
    .sort((a, b) => Number(isIpv6(a.address)) - Number(isIpv6(b.address)) || b.priority - a.priority);
}

function isIpv6(address: string): boolean {
  return address.includes(':');
}
