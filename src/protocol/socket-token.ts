/**
 * A token that a WebSocket brings along (`Sec-WebSocket-Protocol`, RFC 6455 §1.9): a browser lets a page set no other
 * header, and a URL gets into histories and into the logs of proxies. It is in base64url, as not every token is a word of
 * HTTP's (RFC 9110 §5.6.2), beside the protocol that is spoken: the server answers with that one, never with the token's.
 */
export const SOCKET_PROTOCOL = 'bigfootbot';
const TOKEN_PREFIX = 'bigfootbot.token.';

/** The protocols to ask for. */
export function protocolsWithToken(token: string): string[] {
  const bytes = String.fromCharCode(...new TextEncoder().encode(token));
  const text = btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return [SOCKET_PROTOCOL, `${TOKEN_PREFIX}${text}`];
}

/** The token among the protocols that are asked for; undefined where there is none. What is no base64url is taken as it is. */
export function tokenInProtocols(header: string): string | undefined {
  const found = header
    .split(',')
    .map(word => word.trim())
    .find(isToken);
  if (found === undefined) return undefined;
  const text = found.slice(TOKEN_PREFIX.length);
  try {
    const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return new TextDecoder().decode(Uint8Array.from(bytes, letter => letter.charCodeAt(0)));
  } catch {
    return text;
  }
}

/** Which one to answer with: the first that is no token's, or none. */
export function protocolToSpeak(asked: Iterable<string>): string | false {
  return [...asked].find(protocol => !isToken(protocol)) ?? false;
}

const isToken = (protocol: string): boolean => protocol.startsWith(TOKEN_PREFIX);
