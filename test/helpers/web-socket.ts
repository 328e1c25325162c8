import type { Test } from 'tap';
import { WebSocket } from 'ws';

export interface OpenSocket {
  socket: WebSocket;
  closed: Promise<{ code: number; reason: string }>;
}

/**
 * Opens a WebSocket that ends with the test; resolves when it is open, and rejects with the status if it is refused.
 * @param onMessage is called with each message, including the first
 */
export async function openSocket(
  t: Test,
  url: string,
  onMessage: (text: string) => void,
  headers: Record<string, string> = {},
  { protocols = [], ...options }: { protocols?: readonly string[] } = {},
): Promise<OpenSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), [...protocols], { headers, ...options });
  t.teardown(() => socket.terminate());
  socket.on('message', data => onMessage(String(data)));
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
  return { socket, closed };
}
