/** What each side of ICE is known by (RFC 8839 §5.4). */
export interface IceCredentials {
  ufrag: string;
  pwd: string;
}

// ice-char is a letter, a digit, + or /. Some clients use other characters of base64url, which libnice takes.
export const ICE_UFRAG = /^[A-Za-z0-9+/=_-]{4,256}$/;
export const ICE_PWD = /^[A-Za-z0-9+/=_-]{22,256}$/;

/**
 * Every pair of credentials that an SDP offer names. There may be one for each section, as a section has a transport
 * of its own until the bundle is agreed on (RFC 9143 §7.1); Firefox does so.
 */
export function credentialsIn(sdp: string): IceCredentials[] {
  const pairs: IceCredentials[] = [];
  for (const section of sdp.split(/^m=/m)) {
    const ufrag = /^a=ice-ufrag:(\S+)/m.exec(section)?.[1];
    const pwd = /^a=ice-pwd:(\S+)/m.exec(section)?.[1];
    if (ufrag === undefined || pwd === undefined) continue;
    if (!pairs.some(pair => pair.ufrag === ufrag && pair.pwd === pwd)) pairs.push({ ufrag, pwd });
  }
  return pairs;
}
