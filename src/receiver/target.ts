/** What `recv` is told to receive, read from its words. Pure. */

export type Target =
  /** A robot: some of its cameras, or all of them where none is named. */
  | { type: 'robot'; origin: URL; cameras: readonly string[] }
  /** WHEP endpoints of whichever servers. */
  | { type: 'whep'; endpoints: readonly { id: string; label: string; url: URL }[] }
  /** A signaling server to which old senders come. */
  | { type: 'legacy'; url: URL; cameras: readonly string[] };

export class TargetError extends Error {}

const EXAMPLE = 'It looks like http://robot:8765, or like https://host/path/whep';
const LEGACY_EXAMPLE = 'With --legacy it looks like ws://robot:8765';
/** As the contract has it (schemas/camera-id.yaml). */
export const CAMERA_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * @param words URLs, or one of a robot and the names of cameras
 * @param legacy whether the URL is one of a signaling server
 * @returns and the token that stood in a URL, as the dashboard's address has it; null if there was none
 * @throws TargetError
 */
export function parseTarget(words: readonly string[], legacy: boolean): { target: Target; token: string | null } {
  const [first = '', ...others] = words;
  const url = readUrl(first, legacy ? ['ws:', 'wss:'] : ['http:', 'https:']);
  const { token, url: bare } = takeToken(url);
  if (legacy) {
    const cameras = others.map(cameraName);
    // They are names for the sender's cameras, in its order.
    const twice = cameras.find((name, i) => cameras.indexOf(name) !== i);
    if (twice !== undefined) throw new TargetError(`Two cameras cannot both be named "${twice}".`);
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
    // Another one may be called so by itself.
    for (let n = 2; ids.has(id) || (id !== label && labels.includes(id)); n++) id = `${label}-${n}`;
    ids.add(id);
    return { id, label, url: each };
  });
  return { target: { type: 'whep', endpoints }, token };
}

function readUrl(text: string, schemes: readonly string[]): URL {
  // A name and a port alone would be read as a scheme.
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${schemes[0]}//${text}`;
  const example = schemes.includes('ws:') ? LEGACY_EXAMPLE : EXAMPLE;
  if (text === '' || !URL.canParse(whole)) throw new TargetError(`"${text}" is no URL. ${example}.`);
  const url = new URL(whole);
  if (!schemes.includes(url.protocol))
    throw new TargetError(`"${text}" is no ${schemes.map(scheme => `${scheme}//`).join(' or ')} URL. ${example}.`);
  if (url.username !== '' || url.password !== '')
    throw new TargetError('A user and password in the URL are of no use: the server takes a token (see --help).');
  return url;
}

function cameraName(word: string): string {
  if (!CAMERA_ID.test(word)) throw new TargetError(`"${word.slice(0, 80)}" is no name of a camera.`);
  return word;
}

// `#token=…&camera=…` is what the server prints and the dashboard takes.
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
