/** The STUN and TURN servers that a WHEP server announces, requested before the offer, as gathering needs them. */
import { parseIceServerLinks } from '../../protocol/link-header.js';

/** Credentials are valid for longer; a server's settings rarely change. */
const FRESH_MS = 5 * 60_000;
/** On the robot's own network a player needs none of them. */
const TIMEOUT_MS = 1_500;

const known = new Map<string, { servers: Promise<RTCIceServer[]>; at: number }>();

/**
 * One request for all cameras of a server, repeated after a while. Never rejects.
 * @param headers with the token, without which there are no TURN servers
 */
export function iceServersOf(endpoint: URL, headers: Record<string, string>): Promise<RTCIceServer[]> {
  const key = JSON.stringify([endpoint.origin, headers]);
  const found = known.get(key);
  if (found !== undefined && performance.now() - found.at < FRESH_MS) return found.servers;
  const servers = ask(endpoint, headers).catch(() => {
    known.delete(key);
    return [];
  });
  known.set(key, { servers, at: performance.now() });
  return servers;
}

async function ask(endpoint: URL, headers: Record<string, string>): Promise<RTCIceServer[]> {
  const response = await fetch(endpoint, { method: 'OPTIONS', headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return parseIceServerLinks(response.headers.get('Link') ?? '').map(server => ({ ...server }));
}
