/**
 * A token in the subprotocols of a WebSocket (`Sec-WebSocket-Protocol`, RFC 6455 §1.9): in a browser a page can set no
 * other header, and a URL ends up in histories and in the logs of proxies. The token is base64url-encoded, as it may
 * not be a valid HTTP token (RFC 9110 §5.6.2). The server selects the actual protocol next to it, never the token.
 */
export const SOCKET_PROTOCOL = 'bigfootbot';
const TOKEN_PREFIX = 'bigfootbot.token.';

/** The protocols to request. */
export function protocolsWithToken(token: string): string[] {
  const bytes = String.fromCharCode(...new TextEncoder().encode(token));
  const text = btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return [SOCKET_PROTOCOL, `${TOKEN_PREFIX}${text}`];
}

/** The token among the requested protocols; undefined without one. A value that is not base64url is used verbatim. */
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

/** The protocol to select: the first that is not a token, if any. */
export function selectProtocol(requested: Iterable<string>): string | false {
  return [...requested].find(protocol => !isToken(protocol)) ?? false;
}

const isToken = (protocol: string): boolean => protocol.startsWith(TOKEN_PREFIX);
