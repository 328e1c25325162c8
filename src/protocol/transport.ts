import type { SessionDescription } from 'sdp-transform';

/** How a peer is reached and known: ICE (RFC 8839) and DTLS (RFC 8122). */
export interface Transport {
  ice: { ufrag: string; pwd: string };
  fingerprint: { hash: string; value: string };
  setup: 'actpass' | 'active' | 'passive';
  /** Values of `a=candidate` lines; often none, as they may be found by peer reflexion or trickle in later. */
  candidates: readonly string[];
}

type Media = SessionDescription['media'][number];

const MAX_CANDIDATES = 64;
// RFC 8839 §5.4: ice-char is a letter, a digit, + or /; ufrag 4–256, pwd 22–256. Some clients use other characters of
// base64url, which libnice takes.
export const ICE_UFRAG = /^[A-Za-z0-9+/=_-]{4,256}$/;
export const ICE_PWD = /^[A-Za-z0-9+/=_-]{22,256}$/;
const FINGERPRINTS: Readonly<Record<string, number>> = {
  'sha-1': 20,
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const IPV6 = /^(?=.*:)[0-9A-Fa-f:.]{2,45}$/;
const CANDIDATE =
  /^([A-Za-z0-9+/]{1,32}) 1 udp (\d{1,10}) ([0-9A-Za-z.:-]{1,255}) (\d{1,5}) typ (host|srflx|prflx|relay)(?: raddr ([0-9A-Za-z.:-]{1,255}) rport (\d{1,5}))?(?: .*)?$/i;

/**
 * The transport of a section. In a bundle another section may be the one that carries its lines: a bundle-only section
 * has none of its own (RFC 9143 §7.1.3).
 * @param carriers the sections of the bundle, with this one
 * @param invalid makes the error to throw
 */
export function readTransport(
  session: SessionDescription,
  section: Media,
  carriers: readonly Media[],
  invalid: (what: string) => Error,
): Transport {
  const where = `the video section (mid ${String(section.mid)})`;
  if (!/^(UDP|TCP)\/TLS\/RTP\/SAVPF?$/.test(section.protocol))
    throw invalid(`${where} is not sent over DTLS-SRTP but ${String(section.protocol).slice(0, 40)}`);
  if (!section.rtcpMux) throw invalid(`${where} has no a=rtcp-mux`);
  const ice = [section, ...carriers, session].find(({ iceUfrag }) => iceUfrag !== undefined);
  const ufrag = String(ice?.iceUfrag ?? '');
  const pwd = String(ice?.icePwd ?? session.icePwd ?? '');
  if (!ICE_UFRAG.test(ufrag)) throw invalid(`${where} has no a=ice-ufrag of 4 to 256 ICE characters`);
  if (!ICE_PWD.test(pwd)) throw invalid(`${where} has no a=ice-pwd of 22 to 256 ICE characters`);
  const fingerprint = [section, ...carriers, session].find(carrier => carrier.fingerprint)?.fingerprint;
  const hash = String(fingerprint?.type ?? '').toLowerCase();
  const value = String(fingerprint?.hash ?? '').toUpperCase();
  const length = FINGERPRINTS[hash];
  if (length === undefined || !new RegExp(`^[0-9A-F]{2}(:[0-9A-F]{2}){${length - 1}}$`).test(value))
    throw invalid(`${where} has no usable a=fingerprint`);
  const setup = [section, ...carriers, session].find(carrier => carrier.setup)?.setup;
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive')
    throw invalid(`${where} has no a=setup of actpass, active or passive`);
  const candidates = [section, ...carriers.filter(carrier => carrier !== section)]
    .flatMap(carrier => carrier.candidates ?? [])
    .slice(0, 4 * MAX_CANDIDATES)
    .map(
      ({ foundation, component, transport, priority, ip, port, type, raddr, rport }) =>
        `${foundation} ${component} ${transport} ${priority} ${ip} ${port} typ ${type}${raddr ? ` raddr ${raddr} rport ${rport}` : ''}`,
    )
    .flatMap(line => usableCandidate(line) ?? []);
  return {
    ice: { ufrag, pwd },
    fingerprint: { hash, value },
    setup,
    candidates: [...new Set(candidates)].slice(0, MAX_CANDIDATES),
  };
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
  return IPV4.test(text) || IPV6.test(text);
}
