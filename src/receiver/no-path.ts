import { ReceiveFailure } from './failure.js';

/** What was negotiated: the SDP of this side and of the other, whichever of them made the offer. */
export interface Descriptions {
  here: string;
  there: string;
}

/** No path for the video was found: what was tried, and what to check. */
export function noPath(host: string, said: Descriptions): ReceiveFailure {
  const here = candidatesIn(said.here);
  const there = candidatesIn(said.there);
  const tried = `from ${show(here)} here to ${show(there)} there`;
  const hasRelay = [...here, ...there].some(({ type }) => type === 'relay');
  return new ReceiveFailure(
    'no-path',
    `no path for the video to ${host} was found; tried ${tried}`,
    there.length === 0
      ? 'The server named no address that can be tried: look at its network and its log'
      : `Let UDP through between the two${hasRelay ? '' : ', or configure a TURN server on the robot'}; "doctor" on the robot checks its side`,
  );
}

interface Found {
  address: string;
  type: string;
}

const MAX_SHOWN = 4;

function candidatesIn(sdp: string): Found[] {
  return [...sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ ([0-9A-Za-z.:-]+) (\d+) typ (host|srflx|prflx|relay)/gim)].map(
    ([, address = '', port = '', type = '']) => ({
      address: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
      type,
    }),
  );
}

function show(found: readonly Found[]): string {
  if (found.length === 0) return 'no address';
  const shown = found
    .slice(0, MAX_SHOWN)
    .map(({ address, type }) => (type === 'host' ? address : `${address} (${type})`));
  return shown.join(', ') + (found.length > MAX_SHOWN ? ` and ${found.length - MAX_SHOWN} more` : '');
}
