import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { until } from './server.js';

type Message = Record<string, unknown>;

/** A client of the first system that says what a test has it say. */
export interface OldClient {
  socket: WebSocket;
  say(message: object | string): void;
  /** The next message that is no candidate. */
  next(): Promise<Message>;
  /** Those that were not asked for yet. */
  waiting(): readonly Message[];
  /** Candidates so far. */
  candidates: string[];
  closed: Promise<{ code: number; reason: string }>;
}

/** Resolves when it is connected; rejects with the status where it is refused. */
export async function oldClient(
  t: Test,
  url: string,
  headers: Record<string, string> = {},
  options: object = {},
): Promise<OldClient> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers, ...options });
  t.teardown(() => socket.terminate());
  const messages: Message[] = [];
  const candidates: string[] = [];
  socket.on('message', data => {
    const message = JSON.parse(String(data)) as Message & { ice?: { candidate: string } };
    if (message.ice) candidates.push(message.ice.candidate);
    else messages.push(message);
  });
  const closed = new Promise<{ code: number; reason: string }>(resolve =>
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      reject(new Error(String(response.statusCode)));
    });
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  return {
    socket,
    candidates,
    closed,
    say: message => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    waiting: () => messages,
    next: () => until('a message', () => messages.shift()),
  };
}
