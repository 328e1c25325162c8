import { Failure } from './failure.js';

/** A client's WebSocket, without its incoming messages. */
export interface ClientSocket {
  /** Bytes queued for sending. */
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** RFC 6455 §7.4.1; from 1012 on IANA's registry. */
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

/** How long the closing handshake may take when the server stops. */
const GOODBYE_MS = 500;

export interface ConnectionLimit {
  /** Connections of one address, at most. */
  perAddress: number;
  total: number;
  /** As in "event connections". */
  connections: string;
  remedy: string;
}

/**
 * Checks whether the limit allows another connection.
 * @param addresses of the existing connections
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

/** Resolves when all closing connections are closed; those that take too long are terminated. */
export async function allClosed(closing: readonly { closed: Promise<void>; terminate(): void }[]): Promise<void> {
  const timeout = setTimeout(() => {
    for (const connection of closing) connection.terminate();
  }, GOODBYE_MS);
  await Promise.all(closing.map(({ closed }) => closed));
  clearTimeout(timeout);
}
