import type { IceUrl } from '../../protocol/ice-url.js';
import { resolveHost } from './resolve.js';
import { connectStun } from './stun-client.js';
import { ATTRIBUTE, METHOD } from './stun-message.js';

export interface Reached {
  address: string;
  roundTripMs: number;
}

/** Two retransmissions over UDP fit in. */
const TIMEOUT_MS = 3_000;

/**
 * Asks a server whether it is there: a STUN server to say our address, a TURN server for something that it will refuse,
 * as it wants a password first. Nothing is left behind there.
 * @throws Error in words
 */
export async function probeServer(url: IceUrl, signal?: AbortSignal): Promise<Reached> {
  return await within(TIMEOUT_MS, signal, async patience => {
    const [address = ''] = await resolveHost(url.host, patience);
    const connection = await connectStun(url, address, patience);
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

/** Runs something with a signal that gives up after a while, or with the caller's; errors come out in words. */
export async function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new Error(`no answer within ${ms / 1000} s`)), ms);
  const onAbort = (): void => patience.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    return await work(patience.signal);
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
      return 'there is no way to that network from here';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the server closed the connection';
    default:
      return message;
  }
}
