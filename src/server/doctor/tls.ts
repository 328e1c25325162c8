import { dirname } from 'node:path';
import { CommandError } from '../../domain/command-error.js';
import { type CertificateFacts, dayOf, factsOf, problemsOf } from '../tls/certificate-facts.js';
import { readKeyPair } from '../tls/key-pair.js';
import { ownAddresses } from '../tls/own-hosts.js';
import type { Check, Finding } from './check.js';

/** At most so many names are shown; there may be a hundred. */
const NAMED = 6;

export const checkTls: Check = async ({ configFile, settings }) => {
  const tls = settings?.config.server.tls;
  if (!tls) return [];
  try {
    return judgeCertificate(factsOf(readKeyPair(tls, dirname(configFile ?? '/')).own), ownAddresses(), Date.now());
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [
      { status: 'fail', check: 'tls', detail: error.message, remedy: 'Correct it; the server does not start with it.' },
    ];
  }
};

/** @param addresses of this machine. @param now ms since 1970 */
export function judgeCertificate(facts: CertificateFacts, addresses: readonly string[], now: number): Finding[] {
  const { names, validTo, isSelfSigned } = facts;
  const all = [...names, ...facts.addresses];
  const shown =
    all.length > NAMED ? `${all.slice(0, NAMED).join(', ')} and ${all.length - NAMED} more` : all.join(', ');
  const problems = problemsOf(facts, now);
  const found: Finding[] = problems.map(({ isRefused, detail, remedy }) => ({
    status: isRefused ? 'fail' : 'warn',
    check: 'tls',
    detail: `the certificate for ${shown || 'nobody'}: ${detail}`,
    remedy,
  }));
  if (problems.length === 0)
    found.push({
      status: 'ok',
      check: 'tls',
      detail: `the certificate is for ${shown}, until ${dayOf(validTo)}${isSelfSigned ? '; it is self-signed' : ''}`,
    });
  // A certificate from an authority has names only, and where they lead cannot be checked here.
  const missing = isSelfSigned ? addresses.filter(address => !facts.addresses.includes(address)) : [];
  if (missing.length > 0)
    found.push({
      status: 'warn',
      check: 'tls',
      detail: `the certificate does not have this machine's ${missing.join(', ')}: clients refuse it there`,
      remedy: 'Make a new one: "bigfootbot-video certificate --force"; or use a name for the robot that is in it.',
    });
  return found;
}
