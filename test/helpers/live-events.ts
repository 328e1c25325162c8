import type { Test } from 'tap';
import type { WebSocket } from 'ws';
import type { Event } from '../../src/domain/contract.js';
import { eventBreaches } from './contract.js';
import { openSocket } from './web-socket.js';

export interface LiveClient {
  socket: WebSocket;
  /** The next message; a violation of the contract fails the test. */
  next(): Promise<Event>;
  /** The next one that is no `alive`. */
  news(): Promise<Event>;
  /** Number of messages that have not been read yet. */
  unread(): number;
  closed: Promise<{ code: number; reason: string }>;
}

/** Listens to events with a real client; resolves when it is open, and rejects with the status if it is refused. */
export async function listenTo(
  t: Test,
  url: string,
  headers: Record<string, string> = {},
  options: object = {},
): Promise<LiveClient> {
  const messages: Event[] = [];
  let wake = (): void => undefined;
  const hear = (text: string): void => {
    const event = JSON.parse(text) as Event;
    t.strictSame(eventBreaches(event), [], event.type);
    messages.push(event);
    wake();
  };
  const { socket, closed } = await openSocket(t, url, hear, headers, options);
  const next = async (): Promise<Event> => {
    while (messages.length === 0)
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    return messages.shift() as Event;
  };
  return {
    socket,
    next,
    news: async () => {
      for (;;) {
        const event = await next();
        if (event.type !== 'alive') return event;
      }
    },
    unread: () => messages.length,
    closed,
  };
}
