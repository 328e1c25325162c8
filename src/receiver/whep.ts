import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { IceAgentSettings } from '../domain/ice.js';
import { parseIceUrl, printForWebrtcbin } from '../protocol/ice-url.js';
import { type IceServer, parseIceServerLinks, parseLinks } from '../protocol/link-header.js';
import { ReceiveFailure } from './failure.js';
import { ask, askAnyStatus, hostOf, printable } from './request.js';

/** The extension of draft-ietf-wish-whep in which a server reports the state of a camera. */
const EVENTS = 'urn:ietf:params:whep:ext:core:server-sent-events';

const OPTIONS_MS = 2_000;
const LEAVE_MS = 1_000;
const LOOKUP_MS = 1_000;
const MAX_ICE_SERVERS = 8;
/** With STUN and TURN servers; without them gathering takes some ms. */
const GATHERING_MS = 600;

/** A session that a server has created. */
export interface WhepSession {
  answer: string;
  /** The URL to DELETE; null if the server gave none. */
  location: URL | null;
  /** The URL of its events; null if the server has none. */
  events: URL | null;
}

/** Client of a WHEP endpoint. */
export class WhepEndpoint {
  readonly url: URL;
  readonly #token: string | null;

  constructor(url: URL, token: string | null) {
    this.url = url;
    this.#token = token;
  }

  /** The STUN and TURN servers of the endpoint, for webrtcbin. Never rejects: without them the LAN still works. */
  async iceSettings(signal: AbortSignal): Promise<IceAgentSettings> {
    const servers = await askAnyStatus(this.url, {
      method: 'OPTIONS',
      token: this.#token,
      signal,
      timeoutMs: OPTIONS_MS,
    })
      .then(({ headers }) => parseIceServerLinks(headers.get('Link') ?? ''))
      .catch(() => []);
    // DNS lookups share a few threads with everything else.
    servers.splice(MAX_ICE_SERVERS);
    const [stun] = await Promise.all(servers.filter(({ urls }) => /^stun:/i.test(urls)).map(toWebrtcbin));
    const turns = await Promise.all(servers.filter(({ urls }) => /^turn:/i.test(urls)).map(toWebrtcbin));
    const turnServers = turns.filter(text => text !== null).slice(0, 1);
    return {
      // A TURN server makes a STUN server redundant; a server at a private address needs neither.
      stunServer: turnServers.length === 0 && !isPrivate(this.url.hostname) ? (stun ?? null) : null,
      turnServers,
      udpPorts: null,
      addresses: null,
      announce: [],
      gatheringMs: GATHERING_MS,
    };
  }

  /** @throws ReceiveFailure */
  async open(offer: string, signal: AbortSignal): Promise<WhepSession> {
    const { status, headers, body, url } = await ask(this.url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', Accept: 'application/sdp' },
      body: offer,
      token: this.#token,
      signal,
    });
    const location = headers.get('Location');
    const type = headers.get('Content-Type') ?? '';
    if (!/^application\/sdp\b/i.test(type))
      throw new ReceiveFailure(
        'invalid-answer',
        `${hostOf(this.url)}${this.url.pathname} answered ${status} with ${type === '' ? 'no SDP' : `"${printable(type).slice(0, 50)}"`} instead of an SDP answer`,
        'Use the URL of a WHEP endpoint, such as https://host/path/whep, or of a robot',
      );
    const events = parseLinks(headers.get('Link') ?? '').find(({ relations }) => relations.includes(EVENTS));
    return {
      answer: body,
      // An empty Location would be the endpoint itself.
      location: !location || !URL.canParse(location, url.href) ? null : new URL(location, url),
      events: events && URL.canParse(events.target, url.href) ? new URL(events.target, url) : null,
    };
  }

  /** Tells the server that the session is over. Never rejects: without the request a server ends it after a timeout. */
  async leave(location: URL): Promise<void> {
    await ask(location, { method: 'DELETE', token: this.tokenFor(location), timeoutMs: LEAVE_MS }).catch(
      () => undefined,
    );
  }

  /** The token, if this URL may receive it: another server never may. */
  tokenFor(url: URL): string | null {
    return url.origin === this.url.origin ? this.#token : null;
  }
}

async function toWebrtcbin({ urls, username, credential }: IceServer): Promise<string | null> {
  try {
    const url = parseIceUrl(urls);
    const user = username === undefined || credential === undefined ? undefined : { username, credential };
    // webrtcbin would resolve it while everything else waits.
    const late = new Promise<never>((_, reject) => setTimeout(reject, LOOKUP_MS, new Error('late')).unref());
    const { address } = await Promise.race([lookup(url.host), late]);
    return printForWebrtcbin(url, address, user);
  } catch {
    return null;
  }
}

/** Whether a host is in a private network, reachable without STUN (RFC 1918, RFC 4193, link-local, this machine). */
export function isPrivate(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host.endsWith('.local')) return true;
  if (isIP(address) === 4) return /^(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\./.test(address);
  return isIP(address) === 6 && /^(::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i.test(address);
}
