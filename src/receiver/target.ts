/** What `recv` receives, parsed from its arguments. Pure. */

export type Target =
  /** A robot: the named cameras, or all if none is named. */
  | { type: 'robot'; origin: URL; cameras: readonly string[] }
  /** WHEP endpoints of any servers. */
  | { type: 'whep'; endpoints: readonly { id: string; label: string; url: URL }[] }
  /** A signaling server of legacy senders. */
  | { type: 'legacy'; url: URL; cameras: readonly string[] };

export class TargetError extends Error {}

const EXAMPLE = 'Expected http://robot:8765 or https://host/path/whep';
const LEGACY_EXAMPLE = 'With --legacy, expected ws://robot:8765';
/** As in the contract (schemas/camera-id.yaml). */
export const CAMERA_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * @param words URLs, or the URL of a robot and names of cameras
 * @param legacy whether the URL is that of a signaling server
 * @returns the target, and the token in the URL, as in the address of the dashboard; null without one
 * @throws TargetError
 */
export function parseTarget(words: readonly string[], legacy: boolean): { target: Target; token: string | null } {
  const [first = '', ...others] = words;
  const url = readUrl(first, legacy ? ['ws:', 'wss:'] : ['http:', 'https:']);
  const { token, url: bare } = takeToken(url);
  if (legacy) {
    const cameras = others.map(cameraName);
    // Names for the sender's cameras, in the order of its offer.
    const duplicate = cameras.find((name, i) => cameras.indexOf(name) !== i);
    if (duplicate !== undefined) throw new TargetError(`Two cameras cannot both be named "${duplicate}".`);
    return { target: { type: 'legacy', url: bare, cameras }, token };
  }
  if (bare.pathname === '/' && bare.search === '')
    return { target: { type: 'robot', origin: bare, cameras: [...new Set(others.map(cameraName))] }, token };
  const urls = [bare, ...others.map(word => takeToken(readUrl(word, ['http:', 'https:'])).url)];
  const labels = urls.map(labelOf);
  const ids = new Set<string>();
  const endpoints = urls.map((each, i) => {
    const label = labels[i] ?? '';
    let id = label;
    // The numbered name may be the label of another endpoint.
    for (let n = 2; ids.has(id) || (id !== label && labels.includes(id)); n++) id = `${label}-${n}`;
    ids.add(id);
    return { id, label, url: each };
  });
  return { target: { type: 'whep', endpoints }, token };
}

function readUrl(text: string, schemes: readonly string[]): URL {
  // In "robot:8765" the name would parse as a scheme.
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${schemes[0]}//${text}`;
  const example = schemes.includes('ws:') ? LEGACY_EXAMPLE : EXAMPLE;
  if (text === '' || !URL.canParse(whole)) throw new TargetError(`"${text}" is not a URL. ${example}.`);
  const url = new URL(whole);
  if (!schemes.includes(url.protocol))
    throw new TargetError(
      `"${text}" does not begin with ${schemes.map(scheme => `${scheme}//`).join(' or ')}. ${example}.`,
    );
  if (url.username !== '' || url.password !== '')
    throw new TargetError('User and password in the URL are not supported: the server takes a token (see --help).');
  return url;
}

function cameraName(word: string): string {
  if (!CAMERA_ID.test(word)) throw new TargetError(`"${word.slice(0, 80)}" is not a valid camera name.`);
  return word;
}

// The server prints, and the dashboard accepts, `#token=…&camera=…`.
function takeToken(url: URL): { url: URL; token: string | null } {
  const bare = new URL(url);
  bare.hash = '';
  return { url: bare, token: new URLSearchParams(url.hash.slice(1)).get('token') || null };
}

function labelOf(url: URL): string {
  const parts = url.pathname.split('/').filter(part => part !== '' && !/^(whep|t)$/i.test(part));
  const name = (parts.at(-1) ?? '').replace(/[^\w-]/g, '').slice(0, 40);
  return name === '' ? url.hostname.replace(/[^\w.-]/g, '') || 'camera' : name;
}
