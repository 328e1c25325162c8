import { resolve } from 'node:path';
import { redact, type Source, SourceError, showSource } from './source.js';

/** Whether a source matches. */
export type SourcePattern = (source: Source) => boolean;

/** `..` in a path, in every encoding that a camera may accept: it leads out of the folder that a pattern names. */
const UPWARDS = /(^|\/|%2f|%5c)(\.|%2e){2}(?=$|[/;]|%2f|%5c|%3b)/i;
/** A network camera's URL, in the one form that all programs parse alike. */
const RTSP =
  /^(rtsps?):\/\/(?:[^\s/?#@\\[\]]*@)?([A-Za-z0-9*._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}|\*))?(?:([/?])([^\s#\\]*))?$/i;
/** RFC 7826 §4.2. */
const DEFAULT_PORT: Readonly<Record<string, string>> = { rtsp: '554', rtsps: '322' };
/** RFC 1035 §2.3.4. */
const LONGEST_HOST = 253;
const OTHERS = /^(test$|whip$|libcamera$|(libcamera|argus|v4l2|file):.)/;
const FORMS = 'test, whip, v4l2:*, v4l2:serial=NUMBER, argus:*, libcamera:*, file:/folder/* or rtsp://host:port/path*';

/**
 * Parses a source pattern, as in `access.sources`: a source in which `*` matches any characters. In the host of an RTSP
 * source it matches what is between two dots, and alone any host; without a port the default port matches, without a
 * path any path, and user and password are ignored.
 * @param base the folder that a relative path of a file is resolved against
 * @throws SourceError
 */
export function parseSourcePattern(text: string, base: string): SourcePattern {
  if (/^rtsps?:/i.test(text)) return rtspPattern(text);
  if (!OTHERS.test(text)) throw new SourceError(`"${redact(text)}" is not a source pattern; use one of ${FORMS}`);
  const path = /^file:(?:\/\/(?=\/))?(.*)$/s.exec(text)?.[1];
  const matches = glob(path === undefined ? text : `file:${resolve(base, path)}`);
  // With the path resolved, so that `file:/srv/../etc` is not below `/srv`.
  return source => source.type !== 'rtsp' && source.type !== 'gst' && matches(showSource(source));
}

function rtspPattern(text: string): SourcePattern {
  const wanted = readRtsp(text);
  if (!wanted || text.includes('@'))
    throw new SourceError(
      `"${redact(text)}" is not a pattern of network cameras; one looks like rtsp://192.0.2.7/* or rtsp://192.0.2.*:*/stream, without a user`,
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
  /** With the query, from its first slash or question mark; null if there is none. */
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

/** `*` alone is any host; else one label, and in an address one number: `192.0.2.x.example` may belong to anybody. */
function hostPattern(text: string): RegExp {
  if (text === '*') return /^/;
  const any = /^[\d.*]+$/.test(text) ? '\\d{1,3}' : '[^.]*';
  return new RegExp(`^${text.replaceAll(/[.[\]]/g, '\\$&').replaceAll(/\*+/g, any)}$`);
}

/** In time linear in the text, for any number of `*`. */
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
