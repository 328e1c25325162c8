import { candidatesOf } from './candidates.js';
import { lines } from './sdp-for-webrtcbin.js';

/**
 * The offer for a WHEP server, made from webrtcbin's: with only the usable candidates, best first, as some servers use
 * only the first.
 */
export function composeWhepOffer(webrtcbinOffer: string): string {
  const rest = webrtcbinOffer
    .split(/\r?\n/)
    .filter(line => line !== '' && !/^a=(candidate|end-of-candidates)/.test(line));
  return lines(...rest, ...candidatesOf(webrtcbinOffer).map(candidate => `a=candidate:${candidate}`));
}
