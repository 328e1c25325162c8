import type { SessionDescription } from 'sdp-transform';
import { ICE_PWD, ICE_UFRAG, type IceCredentials } from './ice-credentials.js';

/** How a peer is reached and known: ICE (RFC 8839) and DTLS (RFC 8122). */
export interface Transport {
  ice: IceCredentials;
  fingerprint: { hash: string; value: string };
  setup: 'actpass' | 'active' | 'passive';
  /** Values of `a=candidate` lines; often none, as they may be found by peer reflexion or trickle in later. */
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
// Not 0.0.0.0/8, and nothing from multicast on: what is there is nobody's host.
const IPV4 = /^(?:[1-9]|[1-9]\d|1\d\d|2[01]\d|22[0-3])(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;
const CANDIDATE =
  /^([A-Za-z0-9+/]{1,32}) 1 udp (\d{1,10}) ([0-9A-Za-z.:-]{1,255}) (\d{1,5}) typ (host|srflx|prflx|relay)(?: raddr ([0-9A-Za-z.:-]{1,255}) rport (\d{1,5}))?(?: .*)?$/i;

/**
 * The transport of a section. One that rides on another's has no lines of its own: a bundle-only section, or any but
 * the first of a bundle in a later offer (RFC 9143 §7.1.3, RFC 9429 §5.2.1). Then the first of its bundle has them.
 * @param carriers the sections of the bundle, in its order
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

/** Of one ICE agent: sections with other credentials have another. */
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

/**
 * A candidate that the server's agent can try, written anew; null for another. Names are left out: resolving what a
 * stranger names is a favour to him, and the viewer behind an mDNS name is found when its own checks come in.
 * @param value of an `a=candidate` line, without `candidate:`
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

// RFC 4291 §2.2, without zones; not the unspecified address, and no multicast.
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
