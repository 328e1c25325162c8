import type { X509Certificate } from 'node:crypto';

/** What people want to know of a certificate. */
export interface CertificateFacts {
  /** DNS names, with wildcards as they are. */
  names: readonly string[];
  /** IP addresses. */
  addresses: readonly string[];
  /** ms since 1970. */
  validFrom: number;
  validTo: number;
  /** Whether nobody else vouches for it. */
  isSelfSigned: boolean;
  /** SHA-256, as browsers show it. */
  fingerprint: string;
}

export function factsOf(certificate: X509Certificate): CertificateFacts {
  const alternatives = (certificate.subjectAltName ?? '').split(', ');
  const ofType = (type: string): string[] =>
    alternatives.filter(name => name.startsWith(type)).map(name => name.slice(type.length));
  return {
    names: ofType('DNS:'),
    addresses: ofType('IP Address:').map(canonical),
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
    isSelfSigned: isSelfSigned(certificate),
    fingerprint: certificate.fingerprint256,
  };
}

/** OpenSSL writes `0:0:0:0:0:0:0:1` for what everybody else calls `::1`. */
const canonical = (address: string): string =>
  address.includes(':') && URL.canParse(`http://[${address}]`)
    ? new URL(`http://[${address}]`).hostname.slice(1, -1)
    : address;

function isSelfSigned(certificate: X509Certificate): boolean {
  try {
    // OpenSSL's own check wants the right to sign others in it.
    return certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey);
  } catch {
    return false;
  }
}

/** What is wrong with a certificate that can be served, and what to do about it. */
export interface CertificateTrouble {
  /** Whether clients refuse it now. */
  isRefused: boolean;
  /** Without a full stop. */
  detail: string;
  remedy: string;
}

/** Who renews it does so a month or a third of its life before its end: so near to it, that has not worked. */
const SOON_MS = 14 * 86_400_000;
const SOON_SHARE = 1 / 4;

/** Looks at names and dates. @param now ms since 1970 */
export function troublesOf(facts: CertificateFacts, now: number): CertificateTrouble[] {
  const { validFrom, validTo, names, addresses } = facts;
  const troubles: CertificateTrouble[] = [];
  const renew = facts.isSelfSigned
    ? 'Make a new one: "bigfootbot-video certificate --force".'
    : 'Renew it; the server takes the new one as soon as the files are there.';
  if (now > validTo) troubles.push({ isRefused: true, detail: `it ended on ${dayOf(validTo)}`, remedy: renew });
  else if (now < validFrom)
    troubles.push({
      isRefused: true,
      detail: `it begins on ${dayOf(validFrom)}, and by the clock of this machine it is ${dayOf(now)}`,
      remedy: 'Set the clock.',
    });
  else if (validTo - now < Math.min(SOON_MS, (validTo - validFrom) * SOON_SHARE))
    troubles.push({ isRefused: false, detail: `it ends on ${dayOf(validTo)}`, remedy: renew });
  if (names.length + addresses.length === 0)
    troubles.push({
      isRefused: true,
      detail: 'it names no host (subjectAltName), and what else it says is of no use to browsers',
      remedy: 'Have one made that names the host: "bigfootbot-video certificate" makes such a one.',
    });
  return troubles;
}

export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
