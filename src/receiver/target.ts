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
/** As the contract has it (schemas/camera-id.yaml). */
const CAMERA = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

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
  if (legacy) return { target: { type: 'legacy', url: bare, cameras: others.map(cameraName) }, token };
  if (bare.pathname === '/' && bare.search === '')
    return { target: { type: 'robot', origin: bare, cameras: [...new Set(others.map(cameraName))] }, token };
  const urls = [bare, ...others.map(word => takeToken(readUrl(word, ['http:', 'https:'])).url)];
  const labels = urls.map(labelOf);
  const endpoints = urls.map((each, i) => {
    const label = labels[i] ?? '';
    const same = labels.slice(0, i).filter(other => other === label).length;
    return { id: same === 0 ? label : `${label}-${same + 1}`, label, url: each };
  });
  return { target: { type: 'whep', endpoints }, token };
}

function readUrl(text: string, schemes: readonly string[]): URL {
  // A name and a port alone would be read as a scheme.
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${schemes[0]}//${text}`;
  if (text === '' || !URL.canParse(whole)) throw new TargetError(`"${text}" is no URL. ${EXAMPLE}.`);
  const url = new URL(whole);
  if (!schemes.includes(url.protocol))
    throw new TargetError(`"${text}" is no ${schemes.map(scheme => `${scheme}//`).join(' or ')} URL. ${EXAMPLE}.`);
  if (url.username !== '' || url.password !== '')
    throw new TargetError('A user and password in the URL are of no use: the server takes a token (see --help).');
  return url;
}

function cameraName(word: string): string {
  if (!CAMERA.test(word)) throw new TargetError(`"${word.slice(0, 80)}" is no name of a camera.`);
  return word;
}

// `#token=…&camera=…` is what the server prints and the dashboard takes.
function takeToken(url: URL): { url: URL; token: string | null } {
  const bare = new URL(url);
  bare.hash = '';
  return { url: bare, token: new URLSearchParams(url.hash.slice(1)).get('token') };
}

function labelOf(url: URL): string {
  const parts = url.pathname.split('/').filter(part => part !== '' && !/^(whep|t)$/i.test(part));
  const name = (parts.at(-1) ?? '').replace(/[^\w-]/g, '').slice(0, 40);
  return name === '' ? url.hostname.replace(/[^\w.-]/g, '') || 'camera' : name;
}
