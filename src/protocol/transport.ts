import type { SessionDescription } from 'sdp-transform';
import { usableCandidate } from './candidate.js';
import { ICE_PWD, ICE_UFRAG, type IceCredentials } from './ice-credentials.js';

/** The transport of a peer: ICE (RFC 8839) and DTLS (RFC 8122). */
export interface Transport {
  ice: IceCredentials;
  fingerprint: { hash: string; value: string };
  setup: 'actpass' | 'active' | 'passive';
  /** Values of `a=candidate` lines; often none, as they may be peer-reflexive or trickle in later. */
  candidates: readonly string[];
}

type Media = SessionDescription['media'][number];

const MAX_CANDIDATES = 64;
const FINGERPRINTS: Readonly<Record<string, number>> = {
  'sha-1': 20,
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};
/**
 * The transport of a section. A section that uses another's transport may have no such lines: a bundle-only section, or
 * any but the first of a BUNDLE group in a later offer (RFC 9143 §7.1.3, RFC 9429 §5.2.1). Then the first of the group
 * has them.
 * @param carriers the sections of the BUNDLE group, in its order
 * @param invalid makes the error to throw
 */
export function readTransport(
  session: SessionDescription,
  section: Media,
  carriers: readonly Media[],
  invalid: (what: string) => Error,
): Transport {
  const where = `the ${section.type} section (mid ${String(section.mid)})`;
  if (!/^(UDP|TCP)\/TLS\/RTP\/SAVPF?$/.test(section.protocol))
    throw invalid(`${where} is not sent over DTLS-SRTP but ${String(section.protocol).slice(0, 40)}`);
  const bearers = [section, session, ...carriers];
  if (![section, ...carriers].some(({ rtcpMux }) => rtcpMux)) throw invalid(`${where} has no a=rtcp-mux`);
  const ice = bearers.find(({ iceUfrag }) => iceUfrag !== undefined);
  const ufrag = String(ice?.iceUfrag ?? '');
  const pwd = String(ice?.icePwd ?? session.icePwd ?? '');
  if (!ICE_UFRAG.test(ufrag)) throw invalid(`${where} has no a=ice-ufrag of 4 to 256 ICE characters`);
  if (!ICE_PWD.test(pwd)) throw invalid(`${where} has no a=ice-pwd of 22 to 256 ICE characters`);
  const fingerprint = bearers.find(bearer => bearer.fingerprint)?.fingerprint;
  const hash = String(fingerprint?.type ?? '').toLowerCase();
  const value = String(fingerprint?.hash ?? '').toUpperCase();
  const length = Object.hasOwn(FINGERPRINTS, hash) ? FINGERPRINTS[hash] : undefined;
  if (length === undefined || !new RegExp(`^[0-9A-F]{2}(:[0-9A-F]{2}){${length - 1}}$`).test(value))
    throw invalid(`${where} has no usable a=fingerprint`);
  const setup = bearers.find(bearer => bearer.setup)?.setup;
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive')
    throw invalid(`${where} has no a=setup of actpass, active or passive`);
  const sharing = carriers.filter(({ iceUfrag = ice?.iceUfrag }) => String(iceUfrag) === ufrag);
  return { ice: { ufrag, pwd }, fingerprint: { hash, value }, setup, candidates: candidatesOf([section, ...sharing]) };
}

/** The candidates of one ICE agent: sections with other credentials belong to another agent. */
function candidatesOf(sections: readonly Media[]): string[] {
  const candidates = [...new Set(sections)]
    .flatMap(section => section.candidates ?? [])
    .slice(0, 4 * MAX_CANDIDATES)
    .map(
      ({ foundation, component, transport, priority, ip, port, type, raddr, rport }) =>
        `${foundation} ${component} ${transport} ${priority} ${ip} ${port} typ ${type}${raddr ? ` raddr ${raddr} rport ${rport}` : ''}`,
    )
    .flatMap(line => usableCandidate(line) ?? []);
  return [...new Set(candidates)].slice(0, MAX_CANDIDATES);
}
