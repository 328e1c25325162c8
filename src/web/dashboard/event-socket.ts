/** The server's event WebSocket; reconnects whenever it is lost. */

import { retryDelayMs } from '../../protocol/backoff.js';
import { protocolsWithToken } from '../../protocol/socket-token.js';
import type { LiveEvent } from '../shared/api.js';

/** The server sends an event every 2 s. */
const SILENCE_MS = 5_000;
const POLL_INTERVAL_MS = 500;
/** Interval of the server's `freshness` events. */
const FRESHNESS_MS = 500;
/** After this many failures in a row, assume a proxy without WebSocket support, and retry rarely. */
const MAX_FAST_RETRIES = 5;
const SLOW_POLL_INTERVAL_MS = 30_000;

export interface EventSocketHost {
  onEvent(event: LiveEvent): void;
  /** The last events may be out of date. */
  onLost(): void;
}

export interface EventSocket {
  /** Whether events arrive, so that the last ones are current. */
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
  let lastEventAt = 0;
  let retryAt = 0;

  function open(): void {
    const opened = new WebSocket(address, protocolsWithToken(token));
    socket = opened;
    lastEventAt = performance.now();
    opened.addEventListener('message', ({ data }) => {
      if (socket !== opened) return;
      lastEventAt = performance.now();
      live = true;
      failures = 0;
      host.onEvent(JSON.parse(String(data)) as LiveEvent);
    });
    opened.addEventListener('close', () => {
      if (socket === opened) lose();
    });
  }

  function lose(): void {
    const wasLive = live;
    const closing = socket;
    socket = undefined;
    live = false;
    closing?.close();
    retryAt = performance.now() + (failures < MAX_FAST_RETRIES ? retryDelayMs(failures) : SLOW_POLL_INTERVAL_MS);
    failures++;
    if (wasLive) host.onLost();
  }

  const watchdog = setInterval(() => {
    const now = performance.now();
    // A dead network closes no socket.
    if (socket !== undefined && now - lastEventAt > SILENCE_MS) lose();
    else if (socket === undefined && now >= retryAt && !document.hidden) open();
  }, POLL_INTERVAL_MS);
  open();

  return {
    get live() {
      return live;
    },
    close() {
      clearInterval(watchdog);
      const closing = socket;
      socket = undefined;
      live = false;
      closing?.close();
    },
  };
}
