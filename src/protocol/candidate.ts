const CANDIDATE =
  /^([A-Za-z0-9+/]{1,32}) [01] udp (\d{1,10}) ([0-9A-Za-z.:-]{1,255}) (\d{1,5}) typ (host|srflx|prflx|relay)(?: raddr ([0-9A-Za-z.:-]{1,255}) rport (\d{1,5}))?(?: .*)?$/i;
// Not 0.0.0.0/8, and nothing from multicast upward: these are no host addresses.
const IPV4 = /^(?:[1-9]|[1-9]\d|1\d\d|2[01]\d|22[0-3])(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;

/**
 * A candidate that the server's ICE agent can try (RFC 8839 §5.1): UDP, and component 1, as RTCP is multiplexed;
 * Eyevinn's WHIP client writes 0 for it. Host names are rejected: the server must not resolve names for strangers, and
 * a viewer with an mDNS name becomes a peer-reflexive candidate through its own checks.
 * @param value of an `a=candidate` line, without `candidate:`
 * @returns the value, rewritten without extension attributes; null if unusable
 */
export function usableCandidate(value: string): string | null {
  const [, foundation, priority, address = '', port, type, relatedAddress = '', relatedPort] =
    CANDIDATE.exec(value) ?? [];
  if (foundation === undefined || !isAddress(address) || Number(port) < 1 || Number(port) > 65_535) return null;
  if (Number(priority) > 2 ** 32 - 1) return null;
  const related =
    isAddress(relatedAddress) && Number(relatedPort) <= 65_535 ? ` raddr ${relatedAddress} rport ${relatedPort}` : '';
  return `${foundation} 1 UDP ${priority} ${address} ${port} typ ${type?.toLowerCase()}${related}`;
}

function isAddress(text: string): boolean {
  return IPV4.test(text) || isIpv6(text);
}

// RFC 4291 §2.2, without zones; neither the unspecified address nor multicast.
function isIpv6(text: string): boolean {
  const [head = '', tail, ...more] = text.split('::');
  const groups = [head, tail ?? ''].flatMap(part => (part === '' ? [] : part.split(':')));
  const last = groups.at(-1) ?? '';
  if (IPV4.test(last) && text.endsWith(last)) groups.splice(-1, 1, '0', '0');
  return (
    more.length === 0 &&
    groups.length > 0 &&
    (tail === undefined ? groups.length === 8 : groups.length < 8) &&
    groups.every(group => /^[0-9A-Fa-f]{1,4}$/.test(group)) &&
    !/^ff/i.test(text)
  );
}
