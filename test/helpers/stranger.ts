import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Stranger {
  /** http://127.0.0.1:PORT/ */
  url: URL;
  /** What it was asked so far. */
  heard: { method: string; path: string; headers: IncomingHttpHeaders; body: string }[];
  /** Requests that are not answered yet, and connections, are cut off. */
  close(): void;
}

/** An HTTP server on loopback that does as it is told, which may be nasty; it ends with the test. */
export async function startStranger(
  t: { teardown(close: () => void): void },
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<Stranger> {
  const heard: Stranger['heard'] = [];
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

/** A failure that was to come; fails if it does not. */
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
