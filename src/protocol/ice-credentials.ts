/** The credentials of one side of ICE (RFC 8839 §5.4). */
export interface IceCredentials {
  ufrag: string;
  pwd: string;
}

// ice-char is a letter, a digit, + or /. Some clients use other characters of base64url, which libnice accepts.
export const ICE_UFRAG = /^[A-Za-z0-9+/=_-]{4,256}$/;
export const ICE_PWD = /^[A-Za-z0-9+/=_-]{22,256}$/;

/**
 * Every pair of credentials in an SDP offer. There may be one per section, as every section has its own transport until
 * BUNDLE is negotiated (RFC 9143 §7.1); Firefox does so.
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
