const CANDIDATE =
  /^([A-Za-z0-9+/]{1,32}) [01] (udp (\d{1,10}) [0-9A-Za-z.:-]{1,255} (\d{1,5}) typ (?:host|srflx|prflx|relay)(?: raddr [0-9A-Za-z.:-]{1,255} rport \d{1,5})?)(?: |$)/i;

/**
 * The value of an `a=candidate` line (RFC 8839 §5.1) without its extension attributes, if a session can use it: UDP,
 * and of component 1, as RTCP goes the same way; Eyevinn's WHIP client writes 0 for it. Null if not, or if it is no
 * candidate at all.
 */
export function usableCandidate(value: string): string | null {
  const [, foundation, rest, priority, port] = CANDIDATE.exec(value) ?? [];
  if (rest === undefined || Number(priority) < 1 || Number(priority) >= 2 ** 31) return null;
  return Number(port) >= 1 && Number(port) <= 65_535 ? `${foundation} 1 ${rest}` : null;
}
