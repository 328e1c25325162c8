/** The server's token: passed in the URL fragment or typed in, stored by this browser; never in a URL that is sent. */
import { cameraBesideToken, fragmentFor, tokenOf } from './route.js';

const KEY = 'bigfootbot-video.token';

/** If the browser forbids storage, the token lives as long as the page. */
let inMemory: string | undefined;
const changes = new EventTarget();

export function readToken(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? inMemory;
  } catch {
    return inMemory;
  }
}

/** Stores a token, or deletes it if undefined. */
export function keepToken(token: string | undefined): void {
  inMemory = token;
  try {
    if (token === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, token);
  } catch {
    // Kept in memory.
  }
  changes.dispatchEvent(new Event('change'));
}

/** Takes the token out of `#token=…` and out of the address bar; true if there was one. */
export function takeTokenFromAddress(): boolean {
  const token = tokenOf(location.hash);
  if (token === undefined) return false;
  history.replaceState(null, '', location.pathname + location.search + fragmentFor(cameraBesideToken(location.hash)));
  keepToken(token);
  return true;
}

/** Calls back when the token changes, in this tab or in another; returns the function that unsubscribes. */
export function onTokenChange(changed: () => void): () => void {
  const stored = (event: StorageEvent): void => {
    if (event.key === KEY || event.key === null) changed();
  };
  changes.addEventListener('change', changed);
  addEventListener('storage', stored);
  return () => {
    changes.removeEventListener('change', changed);
    removeEventListener('storage', stored);
  };
}

/** A header can carry it: visible ASCII. Anything else makes fetch throw as if the network were down. */
export const isTokenShaped = (token: string): boolean => /^[\x21-\x7e]+$/.test(token);

export function authorization(token: string | undefined = readToken()): Record<string, string> {
  return token !== undefined && isTokenShaped(token) ? { Authorization: `Bearer ${token}` } : {};
}
