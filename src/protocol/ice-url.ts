/** The address of a STUN or TURN server (RFC 7064, RFC 7065), without credentials. */
export interface IceUrl {
  scheme: 'stun' | 'stuns' | 'turn' | 'turns';
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  host: string;
  port: number;
  /** Transport to the server itself; a TURN server relays UDP in any case. */
  transport: 'udp' | 'tcp';
}

export class IceUrlError extends Error {}

const FORMS = 'stun:HOST:PORT, turn:HOST:PORT?transport=udp, turn:HOST:PORT?transport=tcp or turns:HOST:PORT';
const PLAIN_PORT = 3478;
const TLS_PORT = 5349;

/**
 * Parses `stun:host`, `turn:host:3478?transport=tcp`, `turns:[2001:db8::1]:443` and so on.
 * @throws IceUrlError that describes the expected form, and quotes nothing that could be a password
 */
export function parseIceUrl(text: string): IceUrl {
  const [, given = '', rest = ''] = /^(stuns?|turns?):(.*)$/is.exec(text) ?? [];
  if (given === '') throw new IceUrlError(`is not a STUN or TURN URL; expected ${FORMS}`);
  const scheme = given.toLowerCase() as IceUrl['scheme'];
  if (rest.startsWith('//')) throw new IceUrlError(`must not have "//" after "${scheme}:"; expected ${FORMS}`);
  if (rest.includes('@'))
    throw new IceUrlError('must not contain user and password: they are separate keys, "username" and "credential"');
  const [authority = '', query, ...more] = rest.split('?');
  const [, host6, name, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/#]*))(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const host = host6 ?? name ?? '';
  if (!isHost(host, host6 !== undefined) || more.length > 0)
    throw new IceUrlError(`has no valid host; expected ${FORMS}`);
  const secure = scheme.endsWith('s');
  const port = digits === undefined ? (secure ? TLS_PORT : PLAIN_PORT) : Number(digits);
  if (port < 1 || port > 65_535) throw new IceUrlError(`has the port ${port}; ports are 1 to 65535`);
  return { scheme, host, port, transport: readTransport(scheme, query) };
}

function readTransport(scheme: IceUrl['scheme'], query: string | undefined): IceUrl['transport'] {
  const secure = scheme.endsWith('s');
  if (query === undefined) return secure ? 'tcp' : 'udp';
  if (!scheme.startsWith('turn')) throw new IceUrlError(`must not have a "?": that is for turn: and turns: only`);
  const [, transport] = /^transport=(udp|tcp)$/i.exec(query) ?? [];
  if (!transport) throw new IceUrlError('accepts "?transport=udp" or "?transport=tcp" and nothing else');
  if (secure && transport.toLowerCase() === 'udp')
    throw new IceUrlError('asks for TLS over UDP (DTLS), which no browser supports for TURN; use transport=tcp');
  return transport.toLowerCase() as IceUrl['transport'];
}

/** Whether a text is a valid host name or address (RFC 1123 §2.1, and `_`, which some networks use). */
export function isHost(text: string, bracketed = false): boolean {
  if (bracketed) return /^(?=.*:.*:)[0-9A-Fa-f:.]{2,45}$/.test(text);
  return text.length <= 253 && text.split('.').every(label => /^[A-Za-z0-9_](?:[\w-]{0,61}[A-Za-z0-9_])?$/.test(label));
}

/** The URL for clients; it always names the transport of a TURN server, as some clients require it. */
export function printIceUrl({ scheme, host, port, transport }: IceUrl): string {
  const usual = scheme.endsWith('s') ? TLS_PORT : PLAIN_PORT;
  const query = scheme.startsWith('turn') ? `?transport=${transport}` : '';
  return `${scheme}:${bracket(host)}${port === usual ? '' : `:${port}`}${query}`;
}

/**
 * The URL for webrtcbin: with `//`, and with percent-encoded user and password.
 * @param address of the host: webrtcbin would resolve a name for every session
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

// encodeURIComponent does not encode these, and GStreamer's parser may not accept them.
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
