/** The STUN and TURN servers that a WHEP server names, asked for before the offer, as gathering begins with them. */
import { parseIceServerLinks } from '../../protocol/link-header.js';

/** Credentials are good for longer; a server's settings change seldom. */
const FRESH_MS = 5 * 60_000;
/** A player that knows of no server does well on the robot's own network. */
const TIMEOUT_MS = 1_500;

const known = new Map<string, { servers: Promise<RTCIceServer[]>; at: number }>();

/**
 * Asks once for all cameras of a server, and again after a while. Never rejects.
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
