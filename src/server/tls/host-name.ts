import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/**
 * A host in the form used in certificates: an address unchanged, a name in its ASCII form (RFC 5890).
 * @returns null if it is neither
 */
export function hostForCertificate(text: string): string | null {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0) return bare;
  const name = domainToASCII(bare.replace(/\.$/, '')).toLowerCase();
  const isName =
    name.length <= 253 &&
    /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/.test(name) &&
    !/^[\d.]+$/.test(name);
  return isName ? name : null;
}
