import { createServer } from 'node:net';
import type { Check, Finding } from './check.js';

const ANSWER_MS = 2_000;

export const checkHttpPort: Check = async ({ settings }) => {
  if (!settings) return [];
  const { host, port } = settings.config.server;
  const finding = (status: Finding['status'], detail: string, remedy?: string): Finding[] => [
    { status, check: 'http', detail, ...(remedy === undefined ? {} : { remedy }) },
  ];
  const error = await listenOnce(host, port);
  if (error === null) return finding('ok', port === 0 ? 'any free port is taken' : `TCP port ${port} is free`);
  switch (error.code) {
    case 'EADDRINUSE':
      return (await isThisServer(host, port))
        ? finding('ok', `TCP port ${port}: this server runs there`)
        : finding('fail', `TCP port ${port} is in use by another program`, 'Take another: server.port, or --port.');
    case 'EACCES':
      return finding('fail', `TCP port ${port} may not be used by this user`, 'Take one from 1024: server.port.');
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return finding('fail', `this machine has no address "${host}"`, 'Correct server.host; 0.0.0.0 is every address.');
    default:
      return finding('fail', `TCP port ${port} cannot be listened on: ${error.message}`, 'Take another: server.port.');
  }
};

function listenOnce(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}

async function isThisServer(host: string, port: number): Promise<boolean> {
  const at = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  try {
    const response = await fetch(`http://${at}:${port}/healthz`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return response.ok && ((await response.json()) as { status?: string }).status === 'ok';
  } catch {
    return false;
  }
}
