import { Failure } from './failure.js';

/** What is needed of a WebSocket, whatever is heard from it. */
export interface ClientSocket {
  /** Bytes that wait to be sent. */
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** RFC 6455 §7.4.1; from 1012 on of the IANA's registry. */
export const CLOSE = {
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  invalidData: 1007,
  policy: 1008,
  tooLarge: 1009,
  internal: 1011,
  serviceRestart: 1012,
  tryAgainLater: 1013,
} as const;

/** How long clients may take to say goodbye when the server stops. */
const GOODBYE_MS = 500;

export interface ConnectionLimit {
  /** Connections of one address, at the most. */
  perAddress: number;
  total: number;
  /** As in "connections for events". */
  connections: string;
  remedy: string;
}

/**
 * Whether there is room for a connection more.
 * @param addresses of those that there are
 * @throws Failure too-many-requests
 */
export function checkLimit(addresses: readonly string[], address: string, limit: ConnectionLimit): void {
  const isFull = addresses.filter(other => other === address).length >= limit.perAddress;
  if (!isFull && addresses.length < limit.total) return;
  const [whose, count] = isFull ? ['This address', limit.perAddress] : ['The server', limit.total];
  throw new Failure('too-many-requests', `${whose} has ${count} ${limit.connections}, which is the limit.`, {
    remedy: limit.remedy,
    retryAfter: 5,
  });
}

/** Resolves when all that were told to close are gone; whoever takes too long is cut off. */
export async function allClosed(closing: readonly { closed: Promise<void>; terminate(): void }[]): Promise<void> {
  const late = setTimeout(() => {
    for (const connection of closing) connection.terminate();
  }, GOODBYE_MS);
  await Promise.all(closing.map(({ closed }) => closed));
  clearTimeout(late);
}
