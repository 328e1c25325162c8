import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { createServer } from 'node:net';
import type { Check, Finding } from './check.js';

const ANSWER_MS = 2_000;
const MAX_ANSWER = 1_000;

export const checkHttpPort: Check = async ({ settings }) => {
  if (!settings) return [];
  const { host, port, tls } = settings.config.server;
  const finding = (status: Finding['status'], detail: string, remedy?: string): Finding[] => [
    { status, check: 'http', detail, ...(remedy === undefined ? {} : { remedy }) },
  ];
  const error = await listenOnce(host, port);
  if (error === null) return finding('ok', port === 0 ? 'any free port is used' : `TCP port ${port} is free`);
  switch (error.code) {
    case 'EADDRINUSE':
      return (await isThisServer(host, port, tls !== undefined))
        ? finding('ok', `TCP port ${port}: this server runs there`)
        : finding('fail', `TCP port ${port} is in use by another program`, 'Use another: server.port, or --port.');
    case 'EACCES':
      return finding('fail', `this user may not use TCP port ${port}`, 'Use one from 1024 on: server.port.');
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return finding(
        'fail',
        `this machine has no address "${host}"`,
        'Correct server.host; 0.0.0.0 means every address.',
      );
    default:
      return finding('fail', `TCP port ${port} cannot be listened on: ${error.message}`, 'Use another: server.port.');
  }
};

function listenOnce(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}

function isThisServer(host: string, port: number, tls: boolean): Promise<boolean> {
  const at = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const options = { host: at, port, path: '/healthz', timeout: ANSWER_MS, agent: false } as const;
  return new Promise(resolve => {
    // The request contains no secret, and another check covers the certificate.
    const request = tls ? getHttps({ ...options, rejectUnauthorized: false }) : getHttp(options);
    request.on('error', () => resolve(false));
    request.on('timeout', () => request.destroy());
    request.on('close', () => resolve(false));
    request.on('response', response => {
      let text = '';
      response.on('data', chunk => {
        text = (text + String(chunk)).slice(0, MAX_ANSWER);
      });
      response.on('end', () => resolve(response.statusCode === 200 && /^\{"status":"ok"/.test(text)));
    });
  });
}
