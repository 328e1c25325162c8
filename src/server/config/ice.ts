import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { Finding } from '../../contract/finding.js';
import type { Config } from '../../domain/contract.js';
import type { IcePlan, IceServerPlan } from '../../domain/ice.js';
import { type IceUrl, IceUrlError, isHost, parseIceUrl } from '../../protocol/ice-url.js';
import { isHeaderText } from '../../protocol/link-header.js';
import { ConfigError } from './config-error.js';

type IceConfig = Config['ice'];
type ServerConfig = IceConfig['servers'][number];

/**
 * Makes an ICE plan from the configuration: parses URLs and reads the files with secrets.
 * @param base the folder that relative paths are resolved against
 * @throws ConfigError
 */
export function planIce({ servers, udpPorts, interfaces, announce }: IceConfig, base: string): IcePlan {
  const findings: Finding[] = [];
  /** The result of `read`, or null and a finding. */
  const attempt = <T>(key: string, read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof IceUrlError || error instanceof InvalidIce)) throw error;
      findings.push({ path: ['ice', ...key.split('.')], message: error.message });
      return null;
    }
  };
  const plan: IcePlan = {
    servers: servers.flatMap((server, i): IceServerPlan[] => {
      const urls = server.urls.flatMap((url, j) => attempt(`servers.${i}.urls.${j}`, () => parseIceUrl(url)) ?? []);
      const access = attempt(`servers.${i}`, () => readAccess(server, urls, base));
      return access ? [{ urls, access }] : [];
    }),
    udpPorts: (udpPorts && attempt('udpPorts', () => readPorts(udpPorts))) || null,
    interfaces: interfaces ?? null,
    announce: (announce ?? []).flatMap((name, i) => attempt(`announce.${i}`, () => readAnnounced(name)) ?? []),
  };
  if (findings.length > 0) throw new ConfigError(findings);
  return plan;
}

class InvalidIce extends Error {}

function readAccess(server: ServerConfig, urls: readonly IceUrl[], base: string): IceServerPlan['access'] {
  const { username, lifetime } = server;
  const secret = readSecret(server, 'secret', base);
  const credential = readSecret(server, 'credential', base);
  if (secret !== null && (username !== undefined || credential !== null))
    throw new InvalidIce(
      'has a "secret" and a "username" or "credential": either the server takes time-limited credentials (coturn: use-auth-secret), or a fixed user',
    );
  if (secret !== null) return { type: 'timed', secret, lifetime };
  if (username !== undefined && credential !== null) {
    for (const [key, text] of Object.entries({ username, credential }))
      if (!isHeaderText(text))
        throw new InvalidIce(`has a "${key}" with characters that an HTTP header cannot contain: use printable ASCII`);
    return { type: 'fixed', username, credential };
  }
  if (username !== undefined) throw new InvalidIce('has a "username" but lacks its "credential"');
  if (credential !== null) throw new InvalidIce('has a "credential" but lacks its "username"');
  if (urls.some(({ scheme }) => scheme.startsWith('turn')))
    throw new InvalidIce(
      'is a TURN server without credentials: give the "secret" that it shares with this server (coturn: static-auth-secret), or a "username" and "credential"',
    );
  return { type: 'open' };
}

function readSecret(server: ServerConfig, key: 'secret' | 'credential', base: string): string | null {
  const inline = server[key];
  const name = server[`${key}File`];
  if (name === undefined) return inline ?? null;
  if (inline !== undefined) throw new InvalidIce(`has "${key}" and "${key}File"; one of them is enough`);
  const file = resolve(base, name);
  let text: string;
  try {
    text = readFileSync(file, 'utf8').slice(0, 10_000).split(/\r?\n/)[0]?.trim() ?? '';
  } catch (error) {
    throw new InvalidIce(`: ${key}File cannot be read: ${(error as Error).message}`);
  }
  if (text === '' || text.length > 500)
    throw new InvalidIce(`: the first line of ${key}File must be the ${key}, 1 to 500 characters`);
  return text;
}

function readPorts(text: string): { min: number; max: number } {
  const [min = 0, max = 0] = text.split('-').map(Number);
  if (min < 1 || max > 65_535)
    throw new InvalidIce(`is "${text}"; ports are 1 to 65535, and from 1024 unless the server runs as root`);
  if (min > max) throw new InvalidIce(`is "${text}"; the lower port comes first, as in 50000-50100`);
  return { min, max };
}

function readAnnounced(name: string): string {
  if (isIP(name) !== 0) {
    if (/^(0\.|127\.|22[4-9]\.|2[3-5]\d\.|::1?$|fe80:|ff)/i.test(name))
      throw new InvalidIce(
        `is "${name}", which cannot be reached from other machines; announce the address that viewers reach`,
      );
    return name;
  }
  // Digits and dots only: a mistyped address.
  if (isHost(name) && !/^[\d.]+$/.test(name)) return name;
  throw new InvalidIce(`is ${JSON.stringify(name)}; it must be an IP address or a host name, without port and scheme`);
}
