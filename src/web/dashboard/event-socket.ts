/** Listens to what the server tells of its cameras, for as long as it can, and again when it can. */

import { retryDelayMs } from '../../protocol/backoff.js';
import { protocolsWithToken } from '../../protocol/socket-token.js';
import type { LiveEvent } from '../shared/api.js';

/** The server says something each 2 s. */
const SILENCE_MS = 5_000;
const POLL_INTERVAL_MS = 500;
/** From one telling of how old the cameras' pictures are to the next. */
const FRESHNESS_MS = 500;
/** After so many failures in a row a proxy on the way may know no WebSockets: asked seldom then. */
const GIVING_UP = 5;
const SLOW_POLL_INTERVAL_MS = 30_000;

export interface EventSocketHost {
  onEvent(event: LiveEvent): void;
  /** What it told last may no longer hold. */
  onLost(): void;
}

export interface EventSocket {
  /** Whether what it told holds at this moment. */
  readonly live: boolean;
  close(): void;
}

export function listenToEvents(token: string, host: EventSocketHost): EventSocket {
  const address = new URL('/api/v1/events', location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  address.searchParams.set('freshness', String(FRESHNESS_MS));
  let socket: WebSocket | undefined;
  let live = false;
  let failures = 0;
  let heardAt = 0;
  let retryAt = 0;

  function open(): void {
    const opened = new WebSocket(address, protocolsWithToken(token));
    socket = opened;
    heardAt = performance.now();
    opened.addEventListener('message', ({ data }) => {
      if (socket !== opened) return;
      heardAt = performance.now();
      live = true;
      failures = 0;
      host.onEvent(JSON.parse(String(data)) as LiveEvent);
    });
    opened.addEventListener('close', () => {
      if (socket === opened) lose();
    });
  }

  function lose(): void {
    const was = live;
    const left = socket;
    socket = undefined;
    live = false;
    left?.close();
    retryAt = performance.now() + (failures < GIVING_UP ? retryDelayMs(failures) : SLOW_POLL_INTERVAL_MS);
    failures++;
    if (was) host.onLost();
  }

  const looking = setInterval(() => {
    const now = performance.now();
    // A network that is gone closes nothing.
    if (socket !== undefined && now - heardAt > SILENCE_MS) lose();
    else if (socket === undefined && now >= retryAt && !document.hidden) open();
  }, POLL_INTERVAL_MS);
  open();

  return {
    get live() {
      return live;
    },
    close() {
      clearInterval(looking);
      const left = socket;
      socket = undefined;
      live = false;
      left?.close();
    },
  };
}
