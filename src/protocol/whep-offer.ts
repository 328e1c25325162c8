import { candidatesOf } from './candidates.js';
import { lines } from './sdp-for-webrtcbin.js';

/**
 * The offer to receive that a WHEP server gets, from the one that webrtcbin made: its candidates are the usable ones,
 * best first, as some servers take the first alone.
 */
export function composeWhepOffer(webrtcbinOffer: string): string {
  const rest = webrtcbinOffer
    .split(/\r?\n/)
    .filter(line => line !== '' && !/^a=(candidate|end-of-candidates)/.test(line));
  return lines(...rest, ...candidatesOf(webrtcbinOffer).map(candidate => `a=candidate:${candidate}`));
}
