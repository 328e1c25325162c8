import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeServer {
  /** http://127.0.0.1:PORT/ */
  url: URL;
  /** Requests so far. */
  heard: { method: string; path: string; headers: IncomingHttpHeaders; body: string }[];
  /** Cuts off connections and unanswered requests. */
  close(): void;
}

/** An HTTP server on loopback with a scripted, maybe hostile, behaviour; it ends with the test. */
export async function startFakeServer(
  t: { teardown(close: () => void): void },
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<FakeServer> {
  const heard: FakeServer['heard'] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', chunk => {
      body += String(chunk);
    });
    request.on('end', () => {
      heard.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
      answer(request, response, body);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  t.teardown(close);
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), heard, close };
}

/** The failure of work that must fail; throws if it does not. */
export async function failureOf<E extends Error>(
  kind: new (...args: never[]) => E,
  promise: Promise<unknown>,
): Promise<E> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
