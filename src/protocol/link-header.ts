/** A STUN or TURN server for `new RTCPeerConnection({ iceServers })`. */
export interface IceServer {
  urls: string;
  username?: string;
  credential?: string;
}

/**
 * The value of a `Link` header for an ICE server (RFC 9725 §4.4).
 * @throws RangeError if a value is invalid in a header
 */
export function formatIceServerLink({ urls, username, credential }: IceServer): string {
  if (/[\s<>"]/.test(urls)) throw new RangeError('a URL with white space or brackets is invalid in a Link header');
  return [
    `<${urls}>; rel="ice-server"`,
    ...(username === undefined ? [] : [`username=${quote(username)}`]),
    ...(credential === undefined ? [] : [`credential=${quote(credential)}`, 'credential-type="password"']),
  ].join('; ');
}

/** Whether every client parses a text in a quoted string of a header alike: printable ASCII. */
export function isHeaderText(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function quote(text: string): string {
  if (!isHeaderText(text)) throw new RangeError('only printable ASCII is valid in a Link header');
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** One link of a `Link` header (RFC 8288). */
export interface Link {
  target: string;
  /** In lower case. */
  relations: readonly string[];
  /** By name in lower case, unquoted. */
  parameters: ReadonlyMap<string, string>;
}

/**
 * The links of `Link` headers: several in one header or one each, with parameters in any order and letter case. A
 * malformed link is skipped, up to the next comma.
 */
export function parseLinks(header: string | readonly string[]): Link[] {
  return [header].flat().flatMap(line =>
    splitOutsideQuotes(line, ',').flatMap(link => {
      const [, target, rest = ''] = /^\s*<([^<>]*)>\s*(.*)$/s.exec(link) ?? [];
      if (!target) return [];
      const parameters = readParameters(rest);
      return [{ target, relations: (parameters.get('rel') ?? '').toLowerCase().split(/\s+/), parameters }];
    }),
  );
}

/** The ICE servers of `Link` headers (RFC 9725 §4.4). Other links are ignored. */
export function parseIceServerLinks(header: string | readonly string[]): IceServer[] {
  return parseLinks(header)
    .filter(({ relations }) => relations.includes('ice-server'))
    .map(({ target, parameters }) => {
      const username = parameters.get('username');
      const credential = parameters.get('credential');
      return {
        urls: target,
        ...(username === undefined ? {} : { username }),
        ...(credential === undefined ? {} : { credential }),
      };
    });
}

// Of repeated parameters the first counts (RFC 8288 §3.3).
function readParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of splitOutsideQuotes(text, ';')) {
    const [, name, quoted, token] = /^\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))\s*$/s.exec(part) ?? [];
    if (name === undefined || parameters.has(name.toLowerCase())) continue;
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/gs, '$1') ?? token ?? '');
  }
  return parameters;
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let part = '';
  let inside: '"' | '>' | null = null;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (inside === null && char === separator) {
      parts.push(part);
      part = '';
      continue;
    }
    part += char;
    if (inside === '"' && char === '\\') part += text[++i] ?? '';
    else if (char === inside) inside = null;
    else if (inside === null && (char === '"' || char === '<')) inside = char === '<' ? '>' : char;
  }
  return [...parts, part];
}
