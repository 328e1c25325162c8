import type { IceUrl } from '../../protocol/ice-url.js';
import { resolveHost } from './resolve.js';
import { connectStun } from './stun-client.js';
import { ATTRIBUTE, METHOD } from './stun-message.js';

export interface Reached {
  address: string;
  roundTripMs: number;
}

/** Enough for two retransmissions over UDP. */
const TIMEOUT_MS = 3_000;

/**
 * Probes a server: sends a STUN server a Binding request, a TURN server a Refresh that it refuses for lack of
 * credentials. It leaves no state on the server.
 * @throws Error with a readable message
 */
export async function probeServer(url: IceUrl, signal?: AbortSignal): Promise<Reached> {
  return await within(TIMEOUT_MS, signal, async timeout => {
    const [address = ''] = await resolveHost(url.host, timeout);
    const connection = await connectStun(url, address, timeout);
    try {
      const { ms } = await connection.ask(
        url.scheme.startsWith('turn')
          ? { method: METHOD.refresh, attributes: [{ type: ATTRIBUTE.lifetime, value: Buffer.alloc(4) }] }
          : { method: METHOD.binding, attributes: [] },
      );
      return { address, roundTripMs: Math.round(ms * 10) / 10 };
    } finally {
      connection.close();
    }
  });
}

/** Runs work with a signal that aborts after a timeout or with the caller's; errors get readable messages. */
export async function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new Error(`no answer within ${ms / 1000} s`)), ms);
  const onAbort = (): void => timeout.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    return await work(timeout.signal);
  } catch (error) {
    throw new Error(inWords(error as NodeJS.ErrnoException));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function inWords({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused)';
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'EADDRNOTAVAIL':
      return 'no route to that network';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the server closed the connection';
    default:
      return message;
  }
}
