import type { X509Certificate } from 'node:crypto';

/** The relevant facts of a certificate. */
export interface CertificateFacts {
  /** DNS names, wildcards unexpanded. */
  names: readonly string[];
  /** IP addresses. */
  addresses: readonly string[];
  /** ms since 1970. */
  validFrom: number;
  validTo: number;
  /** Whether it is its own issuer. */
  isSelfSigned: boolean;
  /** SHA-256, in the form that browsers show. */
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

/** OpenSSL writes `0:0:0:0:0:0:0:1` for `::1`. */
const canonical = (address: string): string =>
  address.includes(':') && URL.canParse(`http://[${address}]`)
    ? new URL(`http://[${address}]`).hostname.slice(1, -1)
    : address;

function isSelfSigned(certificate: X509Certificate): boolean {
  try {
    // OpenSSL's own check requires the right to sign other certificates.
    return certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey);
  } catch {
    return false;
  }
}

/** A problem of a certificate that can still be served, and the remedy. */
export interface CertificateProblem {
  /** Whether clients refuse it now. */
  isRefused: boolean;
  /** Without a full stop. */
  detail: string;
  remedy: string;
}

/** Renewal happens a month or a third of the lifetime before the end: this close to it, renewal has failed. */
const SOON_MS = 14 * 86_400_000;
const SOON_SHARE = 1 / 4;

/** Checks names and dates. @param now ms since 1970 */
export function problemsOf(facts: CertificateFacts, now: number): CertificateProblem[] {
  const { validFrom, validTo, names, addresses } = facts;
  const problems: CertificateProblem[] = [];
  const renew = facts.isSelfSigned
    ? 'Make a new one: "bigfootbot-video certificate --force".'
    : 'Renew it; the server uses the new one as soon as the files have changed.';
  if (now > validTo) problems.push({ isRefused: true, detail: `it expired on ${dayOf(validTo)}`, remedy: renew });
  else if (now < validFrom)
    problems.push({
      isRefused: true,
      detail: `it is not valid before ${dayOf(validFrom)}, and by the clock of this machine it is ${dayOf(now)}`,
      remedy: 'Set the clock.',
    });
  else if (validTo - now < Math.min(SOON_MS, (validTo - validFrom) * SOON_SHARE))
    problems.push({ isRefused: false, detail: `it expires on ${dayOf(validTo)}`, remedy: renew });
  if (names.length + addresses.length === 0)
    problems.push({
      isRefused: true,
      detail: 'it names no host (subjectAltName), and browsers ignore its common name',
      remedy: 'Get one that names the host; "bigfootbot-video certificate" makes one.',
    });
  return problems;
}

export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
