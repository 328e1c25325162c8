import { ReceiveFailure } from './failure.js';

/** The local and the remote SDP, whichever side made the offer. */
export interface Descriptions {
  local: string;
  remote: string;
}

/** No network path for the video: what was tried, and what to check. */
export function noPath(host: string, descriptions: Descriptions): ReceiveFailure {
  const local = candidatesIn(descriptions.local);
  const remote = candidatesIn(descriptions.remote);
  const tried = `from ${show(local)} here to ${show(remote)} there`;
  const hasRelay = [...local, ...remote].some(({ type }) => type === 'relay');
  return new ReceiveFailure(
    'no-path',
    `no network path for the video to ${host}; tried ${tried}`,
    remote.length === 0
      ? 'The server sent no usable candidate: check its network and its log'
      : `Allow UDP between the two${hasRelay ? '' : ', or configure a TURN server on the robot'}; "doctor" on the robot checks its side`,
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
