import type { Test } from 'tap';
import type { WebSocket } from 'ws';
import { until } from './server.js';
import { openSocket } from './web-socket.js';

type Message = Record<string, unknown>;

/** A client of the legacy system that is scripted by a test. */
export interface LegacyClient {
  socket: WebSocket;
  say(message: object | string): void;
  /** The next message that is no candidate. */
  next(): Promise<Message>;
  /** Messages that have not been read yet. */
  waiting(): readonly Message[];
  /** Candidates so far. */
  candidates: string[];
  closed: Promise<{ code: number; reason: string }>;
}

/** Resolves when it is connected; rejects with the status where it is refused. */
export async function legacyClient(
  t: Test,
  url: string,
  headers: Record<string, string> = {},
  options: object = {},
): Promise<LegacyClient> {
  const messages: Message[] = [];
  const candidates: string[] = [];
  const hear = (text: string): void => {
    const message = JSON.parse(text) as Message & { ice?: { candidate: string } };
    if (message.ice) candidates.push(message.ice.candidate);
    else messages.push(message);
  };
  const { socket, closed } = await openSocket(t, url, hear, headers, options);
  return {
    socket,
    candidates,
    closed,
    say: message => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    waiting: () => messages,
    next: () => until('a message', () => messages.shift()),
  };
}
