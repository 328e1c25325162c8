import { resolve } from 'node:path';
import { redact, type Source, SourceError, showSource } from './source.js';

/** Whether a source is one of those that are meant. */
export type SourcePattern = (source: Source) => boolean;

/** `..` in a path, as whatever a camera may take for it: it leads out of the folder that a pattern names. */
const UPWARDS = /(^|\/|%2f|%5c)(\.|%2e){2}(?=$|[/;]|%2f|%5c|%3b)/i;
/** A network camera's address, in the one form about which no two programs can be of another opinion. */
const RTSP =
  /^(rtsps?):\/\/(?:[^\s/?#@\\[\]]*@)?([A-Za-z0-9*._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}|\*))?(?:([/?])([^\s#\\]*))?$/i;
/** RFC 7826 §4.2. */
const DEFAULT_PORT: Readonly<Record<string, string>> = { rtsp: '554', rtsps: '322' };
/** RFC 1035 §2.3.4. */
const LONGEST_HOST = 253;
const OTHERS = /^(test$|whip$|libcamera$|(libcamera|argus|v4l2|file):.)/;
const FORMS = 'test, whip, v4l2:*, v4l2:serial=NUMBER, argus:*, libcamera:*, file:/folder/* or rtsp://host:port/path*';

/**
 * Reads a pattern of sources, as `access.sources` has them: a source in which `*` stands for any characters. In the host of
 * an RTSP source it stands for what is between two dots, and alone for any host; without a port the default one is meant,
 * without a path any, and user and password are anybody's.
 * @param base the folder from which a relative path of a file counts
 * @throws SourceError
 */
export function parseSourcePattern(text: string, base: string): SourcePattern {
  if (/^rtsps?:/i.test(text)) return rtspPattern(text);
  if (!OTHERS.test(text)) throw new SourceError(`"${redact(text)}" is no pattern of sources; one of ${FORMS}`);
  const path = /^file:(?:\/\/(?=\/))?(.*)$/s.exec(text)?.[1];
  const matches = glob(path === undefined ? text : `file:${resolve(base, path)}`);
  // As it is run, so `file:/srv/../etc` is not below `/srv`.
  return source => source.type !== 'rtsp' && source.type !== 'gst' && matches(showSource(source));
}

function rtspPattern(text: string): SourcePattern {
  const wanted = readRtsp(text);
  if (!wanted || text.includes('@'))
    throw new SourceError(
      `"${redact(text)}" is no pattern of network cameras; it looks like rtsp://192.0.2.7/* or rtsp://192.0.2.*:*/stream, without a user`,
    );
  const [host, port, path] = [hostPattern(wanted.host), glob(wanted.port), glob(wanted.path ?? '*')];
  return source => {
    const given = source.type === 'rtsp' ? readRtsp(source.url) : null;
    if (!given || given.scheme !== wanted.scheme || given.host.includes('*')) return false;
    if (UPWARDS.test((given.path ?? '').replace(/\?.*$/, ''))) return false;
    return host.test(given.host) && port(given.port) && path(given.path ?? '');
  };
}

interface Rtsp {
  scheme: string;
  host: string;
  port: string;
  /** With the query, from its first slash or question mark on; null where there is none. */
  path: string | null;
}

function readRtsp(text: string): Rtsp | null {
  const [, scheme, host, port, mark, rest = ''] = RTSP.exec(text) ?? [];
  if (scheme === undefined || host === undefined || host.length > LONGEST_HOST) return null;
  const lower = scheme.toLowerCase();
  return {
    scheme: lower,
    host: host.toLowerCase(),
    port: port === undefined ? (DEFAULT_PORT[lower] ?? '') : port.replace(/^0+(?=\d)/, ''),
    path: mark === undefined ? null : `${mark}${rest}`,
  };
}

/** `*` alone is any host; else a part of it without a dot, and of an address a number: `192.0.2.x.example` is anybody's. */
function hostPattern(text: string): RegExp {
  if (text === '*') return /^/;
  const any = /^[\d.*]+$/.test(text) ? '\\d{1,3}' : '[^.]*';
  return new RegExp(`^${text.replaceAll(/[.[\]]/g, '\\$&').replaceAll(/\*+/g, any)}$`);
}

/** In time that grows with the text alone, however many `*` there are. */
function glob(pattern: string): (text: string) => boolean {
  const [start = '', ...parts] = pattern.split('*');
  const end = parts.pop();
  if (end === undefined) return text => text === start;
  return text => {
    if (!text.startsWith(start)) return false;
    let at = start.length;
    for (const part of parts) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return text.endsWith(end) && text.length - end.length >= at;
  };
}
