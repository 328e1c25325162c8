import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type { Client, Seen } from './seen.js';

const HTML = '<!doctype html><meta charset="utf-8"><title>A player</title><body><script src="client.js"></script>';

/** What Playwright's and Puppeteer's pages have in common, as far as it is needed here. */
interface AnyPage {
  goto(url: string): Promise<unknown>;
  evaluate(expression: string): Promise<unknown>;
}

/** A client in a page: the library from npm, driven by a few lines of ours. */
export interface ClientPage extends Client {
  /** Resolves when the library says that it has started. */
  start(url: string, token: string): Promise<void>;
}

/** One of test/interop/pages, with what it imports, as one script. */
async function bundle(name: string): Promise<string> {
  const entry = fileURLToPath(new URL(`../interop/pages/${name}.js`, import.meta.url));
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, format: 'iife' });
  return outputFiles[0]?.text ?? '';
}

/**
 * Opens a client's page on an origin that is not the server's.
 * @param query the page's parameters, as in `?codec=VP9`
 */
export async function openElsewhere(
  t: { teardown(close: () => void): void },
  page: AnyPage,
  name: string,
  query = '',
): Promise<ClientPage> {
  const script = await bundle(name);
  const server = createServer((request, response) => {
    const [type, body] = request.url === '/client.js' ? ['text/javascript', script] : ['text/html', HTML];
    response.writeHead(200, { 'Content-Type': type }).end(body);
  }).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  t.teardown(() => server.close().closeAllConnections());
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${query}`);
  return drive(page);
}

/** Opens a client's page on the server's own origin, where the server's Content-Security-Policy applies. */
export async function openOnServer(page: Page, origin: string, name: string): Promise<ClientPage> {
  const script = await bundle(name);
  const policy = (await fetch(`${origin}/healthz`)).headers.get('Content-Security-Policy') ?? '';
  const headers = { 'Content-Security-Policy': policy };
  await page.route(`${origin}/player/`, route => route.fulfill({ contentType: 'text/html', body: HTML, headers }));
  await page.route(`${origin}/player/client.js`, route =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  );
  await page.goto(`${origin}/player/`);
  return drive(page);
}

function drive(page: AnyPage): ClientPage {
  const call = (words: string): Promise<unknown> => page.evaluate(`(async () => ${words})()`);
  return {
    start: async (url, token) => {
      await call(`{ await interop.start(${JSON.stringify(url)}, ${JSON.stringify(token)}); }`);
    },
    seen: async () => (await call('interop.seen()')) as Seen,
    leave: () => call('(await interop.leave()) ?? null'),
  };
}
