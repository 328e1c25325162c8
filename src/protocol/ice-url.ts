/** A STUN or TURN server's address (RFC 7064, RFC 7065). Who may use it is told apart from it. */
export interface IceUrl {
  scheme: 'stun' | 'stuns' | 'turn' | 'turns';
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  host: string;
  port: number;
  /** How the server itself is reached; what a TURN server relays is UDP all the same. */
  transport: 'udp' | 'tcp';
}

export class IceUrlError extends Error {}

const FORMS = 'stun:HOST:PORT, turn:HOST:PORT?transport=udp, turn:HOST:PORT?transport=tcp or turns:HOST:PORT';
const PLAIN_PORT = 3478;
const TLS_PORT = 5349;

/**
 * Reads `stun:host`, `turn:host:3478?transport=tcp`, `turns:[2001:db8::1]:443` and their like.
 * @throws IceUrlError that says what would be right, and repeats nothing that could be a password
 */
export function parseIceUrl(text: string): IceUrl {
  const [, given = '', rest = ''] = /^(stuns?|turns?):(.*)$/is.exec(text) ?? [];
  if (given === '') throw new IceUrlError(`is no STUN or TURN URL; it looks like ${FORMS}`);
  const scheme = given.toLowerCase() as IceUrl['scheme'];
  if (rest.startsWith('//')) throw new IceUrlError(`has no "//" behind "${scheme}:"; it looks like ${FORMS}`);
  if (rest.includes('@'))
    throw new IceUrlError('holds no user and password: they are keys of their own, "username" and "credential"');
  const [authority = '', query, ...more] = rest.split('?');
  const [, host6, name, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/#]*))(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const host = host6 ?? name ?? '';
  if (!isHost(host, host6 !== undefined) || more.length > 0)
    throw new IceUrlError(`names no host that could be; it looks like ${FORMS}`);
  const secure = scheme.endsWith('s');
  const port = digits === undefined ? (secure ? TLS_PORT : PLAIN_PORT) : Number(digits);
  if (port < 1 || port > 65_535) throw new IceUrlError(`has the port ${port}; ports are 1 to 65535`);
  return { scheme, host, port, transport: readTransport(scheme, query) };
}

function readTransport(scheme: IceUrl['scheme'], query: string | undefined): IceUrl['transport'] {
  const secure = scheme.endsWith('s');
  if (query === undefined) return secure ? 'tcp' : 'udp';
  if (!scheme.startsWith('turn')) throw new IceUrlError(`has nothing behind a "?": that is for turn: and turns: only`);
  const [, transport] = /^transport=(udp|tcp)$/i.exec(query) ?? [];
  if (!transport) throw new IceUrlError('takes "?transport=udp" or "?transport=tcp" and nothing else');
  if (secure && transport.toLowerCase() === 'udp')
    throw new IceUrlError('asks for TLS over UDP (DTLS), which no browser speaks to a TURN server; use transport=tcp');
  return transport.toLowerCase() as IceUrl['transport'];
}

/** Whether a text could be a host's name or address (RFC 1123 §2.1, with `_` as some networks have it). */
export function isHost(text: string, bracketed = false): boolean {
  if (bracketed) return /^(?=.*:.*:)[0-9A-Fa-f:.]{2,45}$/.test(text);
  return text.length <= 253 && text.split('.').every(label => /^[A-Za-z0-9_](?:[\w-]{0,61}[A-Za-z0-9_])?$/.test(label));
}

/** The URL as clients take it; the transport of a TURN server is always named, as some look for it. */
export function printIceUrl({ scheme, host, port, transport }: IceUrl): string {
  const usual = scheme.endsWith('s') ? TLS_PORT : PLAIN_PORT;
  const query = scheme.startsWith('turn') ? `?transport=${transport}` : '';
  return `${scheme}:${bracket(host)}${port === usual ? '' : `:${port}`}${query}`;
}

/**
 * The URL as webrtcbin takes it: with `//`, and with user and password in it, percent-encoded.
 * @param address the host's address: webrtcbin would look a name up anew for each session
 */
export function printForWebrtcbin(
  { scheme, port, transport }: IceUrl,
  address: string,
  user?: { username: string; credential: string },
): string {
  const userinfo = user ? `${encode(user.username)}:${encode(user.credential)}@` : '';
  const query = scheme.startsWith('turn') ? `?transport=${transport}` : '';
  return `${scheme}://${userinfo}${bracket(address)}:${port}${query}`;
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

// encodeURIComponent leaves these as they are, and GStreamer's parser need not.
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
