import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { IceAgentSettings } from '../domain/ice.js';
import { parseIceUrl, printForWebrtcbin } from '../protocol/ice-url.js';
import { type IceServer, parseIceServerLinks, parseLinks } from '../protocol/link-header.js';
import { ReceiveFailure } from './failure.js';
import { ask, askAnyhow, hostOf, printable } from './request.js';

/** The extension of draft-ietf-wish-whep by which a server tells how a camera is. */
const EVENTS = 'urn:ietf:params:whep:ext:core:server-sent-events';

const OPTIONS_MS = 2_000;
const LEAVE_MS = 1_000;
const LOOKUP_MS = 1_000;
const MAX_ICE_SERVERS = 8;
/** With servers to be asked; without, gathering takes some ms. */
const GATHERING_MS = 600;

/** A session that a server has made. */
export interface WhepSession {
  answer: string;
  /** What ends it; null where the server named nothing. */
  location: URL | null;
  /** Where its events are to be had; null where they are not. */
  events: URL | null;
}

/** A WHEP endpoint, as a client meets it. */
export class WhepEndpoint {
  readonly url: URL;
  readonly #token: string | null;

  constructor(url: URL, token: string | null) {
    this.url = url;
    this.#token = token;
  }

  /** The STUN and TURN servers that it names, as webrtcbin takes them. Never rejects: without them the LAN still works. */
  async iceSettings(signal: AbortSignal): Promise<IceAgentSettings> {
    const servers = await askAnyhow(this.url, { method: 'OPTIONS', token: this.#token, signal, timeoutMs: OPTIONS_MS })
      .then(({ headers }) => parseIceServerLinks(headers.get('Link') ?? ''))
      .catch(() => []);
    // Names are looked up by a few threads, which all else waits for too.
    servers.splice(MAX_ICE_SERVERS);
    const [stun] = await Promise.all(servers.filter(({ urls }) => /^stun:/i.test(urls)).map(toWebrtcbin));
    const turns = await Promise.all(servers.filter(({ urls }) => /^turn:/i.test(urls)).map(toWebrtcbin));
    const turnServers = turns.filter(text => text !== null).slice(0, 1);
    return {
      // A TURN server tells what a STUN server would; and who is reached by a private address needs neither's word.
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
        'Name a WHEP endpoint, such as https://host/path/whep, or the address of a robot',
      );
    const events = parseLinks(headers.get('Link') ?? '').find(({ relations }) => relations.includes(EVENTS));
    return {
      answer: body,
      // An empty one would be the endpoint itself.
      location: !location || !URL.canParse(location, url.href) ? null : new URL(location, url),
      events: events && URL.canParse(events.target, url.href) ? new URL(events.target, url) : null,
    };
  }

  /** Tells the server that the session is over. Never rejects: who hears nothing ends it by itself. */
  async leave(location: URL): Promise<void> {
    await ask(location, { method: 'DELETE', token: this.tokenFor(location), timeoutMs: LEAVE_MS }).catch(
      () => undefined,
    );
  }

  /** The token, where it may be shown: not to another server, whatever this one says. */
  tokenFor(url: URL): string | null {
    return url.origin === this.url.origin ? this.#token : null;
  }
}

async function toWebrtcbin({ urls, username, credential }: IceServer): Promise<string | null> {
  try {
    const url = parseIceUrl(urls);
    const user = username === undefined || credential === undefined ? undefined : { username, credential };
    // webrtcbin would look it up while everything waits.
    const late = new Promise<never>((_, reject) => setTimeout(reject, LOOKUP_MS, new Error('late')).unref());
    const { address } = await Promise.race([lookup(url.host), late]);
    return printForWebrtcbin(url, address, user);
  } catch {
    return null;
  }
}

/** Of networks whose members reach each other without help (RFC 1918, RFC 4193, link-local, this machine). */
export function isPrivate(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host.endsWith('.local')) return true;
  if (isIP(address) === 4) return /^(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\./.test(address);
  return isIP(address) === 6 && /^(::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i.test(address);
}
