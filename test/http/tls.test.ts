import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { Agent, fetch } from 'undici';
import { WebSocket } from 'ws';
import { originsOf } from '../../src/cli/origins.js';
import { defaultConfig } from '../../src/server/config/load.js';
import { restartNeeded } from '../../src/server/config/restart.js';
import { fingerprintOf, issued, selfSigned, writePair } from '../helpers/certificates.js';
import { startServer, type TestServer, until } from '../helpers/server.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** The fingerprint of the certificate that a new connection gets. */
function shown(port: number, options: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
  });
}

/** Sends requests that trust this certificate. */
function asker(t: Test, { port, token }: TestServer, ca: string) {
  const dispatcher = new Agent({ connect: { ca } });
  t.teardown(() => dispatcher.close());
  return (path: string, init: { method?: string; headers?: Record<string, string>; body?: string } = {}) =>
    fetch(`https://127.0.0.1:${port}${path}`, {
      ...init,
      headers: { Authorization: `Bearer ${token}`, ...init.headers },
      dispatcher,
    });
}

t.test('over HTTPS: requests, WebSockets, and a certificate that is replaced meanwhile', async t => {
  const folder = t.testdir();
  const first = await selfSigned();
  const server = await startServer('--config', writePair(folder, first));
  t.teardown(() => server.close());
  const heard = (words: string, count = 1) =>
    until(words, () => server.log.filter(line => line.includes(words)).length >= count);
  const ask = asker(t, server, first.cert);
  t.match(server.origin, /^https:\/\/127\.0\.0\.1:\d+$/, 'it says so when it starts');

  const listed = await ask('/api/v1/cameras');
  t.equal(listed.status, 200);
  t.match(await listed.json(), { items: [{ id: 'road' }] });
  t.notOk(listed.headers.has('strict-transport-security'), 'none for a self-signed one');
  await t.rejects(asker(t, server, (await selfSigned()).cert)('/healthz'), 'trusting another one is not enough');
  const events = await ask('/api/v1/events');
  t.match(await events.json(), { code: 'upgrade-required', remedy: /wss:/ });
  const taken = await ask('/whep/road', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' });
  t.equal(taken.status, 415);
  await taken.text();

  const socket = new WebSocket(`wss://127.0.0.1:${server.port}/api/v1/events?token=${server.token}`, {
    ca: first.cert,
  });
  t.teardown(() => socket.terminate());
  const messages: string[] = [];
  socket.on('message', data => messages.push(String(data)));
  await until('the first event', () => messages.length > 0);

  const h2c = await overSocket(
    server.port,
    `POST /api/v1/cameras HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.token}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  );
  t.match(h2c, /^HTTP\/1\.1 422 /, 'an unsupported upgrade is ignored, its body read');

  for (const maxVersion of ['TLSv1', 'TLSv1.1'] as const)
    await t.rejects(shown(server.port, { minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' }), maxVersion);
  t.equal(await shown(server.port, { maxVersion: 'TLSv1.2' }), fingerprintOf(first.cert));
  await t.rejects(plain(server.port), 'plain HTTP is not supported');

  // As on a renewal: one file after the other.
  const second = await selfSigned();
  writeFileSync(join(folder, 'cert.pem'), second.cert);
  await heard('invalid certificate, keeping the previous one');
  t.match(server.log.join('\n'), 'is not the key of the first certificate');
  t.equal(await shown(server.port), fingerprintOf(first.cert), 'half a change has no effect');
  writeFileSync(join(folder, 'key.pem'), second.key);
  await until('the second one', async () => (await shown(server.port)) === fingerprintOf(second.cert));
  await heard('certificate in use', 2);
  t.equal(socket.readyState, WebSocket.OPEN, 'an open connection stays open');
  const before = messages.length;
  t.equal((await asker(t, server, second.cert)('/api/v1/cameras/road', { method: 'DELETE' })).status, 204);
  await until('an event on the old connection', () => messages.length > before);

  chmodSync(join(folder, 'key.pem'), 0o644);
  await heard('chmod 640');
  process.kill(server.pid, 'SIGHUP');
  await heard('invalid configuration, keeping the previous one');
  t.equal(await shown(server.port), fingerprintOf(second.cert));
  chmodSync(join(folder, 'key.pem'), 0o600);

  const expired = await selfSigned(1_000);
  writePair(folder, expired);
  process.kill(server.pid, 'SIGHUP');
  await until('the expired one', async () => (await shown(server.port)) === fingerprintOf(expired.cert));
  await heard('clients may refuse the certificate');
  t.match(
    server.log.find(line => line.includes('clients may refuse')),
    /"level":40.*it expired on .*certificate --force/,
  );

  const vouched = await issued();
  writePair(folder, { ...vouched, cert: vouched.cert + vouched.authority });
  await until('the issued one', async () => (await shown(server.port)) === fingerprintOf(vouched.cert));
  const strict = await asker(t, server, vouched.authority)('/healthz');
  t.equal(strict.headers.get('strict-transport-security'), 'max-age=15552000', 'a CA issued this one');
  t.notMatch(server.log.join('\n'), first.key.split('\n')[1], 'no key is in the log');
});

/** The first response to a text over TLS. */
function overSocket(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => socket.write(text));
    socket.on('data', data => {
      resolve(String(data));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

function plain(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    requestHttp({ port, path: '/healthz', agent: false }, response => resolve(response.statusCode))
      .on('error', reject)
      .end();
  });
}

t.test('the server does not start with a key that others can read, or of another certificate', async t => {
  const folder = t.testdir();
  const start = (config: string) =>
    spawnSync(process.execPath, [MAIN, '--config', config, '--port', '0', '--state-dir', join(folder, 'state')], {
      encoding: 'utf8',
      timeout: 60_000,
    });
  const config = writePair(folder, await selfSigned(), 0o644);
  chmodSync(join(folder, 'key.pem'), 0o644);
  t.match(start(config), { status: 78, stdout: '', stderr: /server\.tls\.keyFile .*chmod 640 '.*key\.pem'/ });
  chmodSync(join(folder, 'key.pem'), 0o600);
  writeFileSync(join(folder, 'cert.pem'), (await selfSigned()).cert);
  t.match(start(config), { status: 78, stdout: '', stderr: /is not the key of the first certificate/ });
});

t.test('the origins that it prints', t => {
  const facts = { names: ['robot.example.org', '*.example.net'], addresses: ['192.0.2.7'] };
  const certificate = { ...facts, validFrom: 0, validTo: 1, isSelfSigned: false, fingerprint: '' };
  const at = (host: string, more = {}) =>
    originsOf({ address: { host, port: 1 }, certificate: { ...certificate, ...more } });
  t.strictSame(originsOf({ address: { host: '::1', port: 1 }, certificate: null }), ['http://[::1]:1']);
  t.strictSame(at('192.0.2.7'), ['https://192.0.2.7:1']);
  t.strictSame(at('192.0.2.8'), ['https://robot.example.org:1'], 'by the name in the certificate');
  t.strictSame(at('192.0.2.8', { names: ['*.example.net'] }), ['https://192.0.2.8:1'], 'or anyhow');
  t.end();
});

t.test('turning TLS on or off needs a restart, another certificate does not', t => {
  const config = defaultConfig();
  const tls = (certFile: string) => ({ ...config, server: { ...config.server, tls: { certFile, keyFile: 'k' } } });
  t.strictSame(restartNeeded(config, tls('a')), ['server.tls']);
  t.strictSame(restartNeeded(tls('a'), config), ['server.tls']);
  t.strictSame(restartNeeded(tls('a'), tls('b')), []);
  t.end();
});
