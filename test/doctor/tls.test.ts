import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { makeContext } from '../../src/server/doctor/context.js';
import { checkHttpPort } from '../../src/server/doctor/http-port.js';
import { checkTls, judgeCertificate } from '../../src/server/doctor/tls.js';
import { ownAddresses } from '../../src/server/tls/own-hosts.js';
import { issued, selfSigned, writePair } from '../helpers/certificates.js';

const DAY_MS = 86_400_000;
const FACTS = {
  names: ['robot.example.org'],
  addresses: ['192.0.2.7'],
  validFrom: 0,
  validTo: 90 * DAY_MS,
  isSelfSigned: false,
  fingerprint: '',
};

t.test('without TLS there is nothing to report', async t => {
  t.strictSame(await checkTls(makeContext(null)), []);
});

t.test('a certificate on disk', async t => {
  const folder = t.testdir();
  const vouched = await issued();
  const config = writePair(folder, vouched);
  t.match(await checkTls(makeContext(config)), [
    { status: 'ok', check: 'tls', detail: /is for localhost, 127\.0\.0\.1, until/ },
  ]);
  chmodSync(join(folder, 'key.pem'), 0o644);
  t.match(await checkTls(makeContext(config)), [{ status: 'fail', detail: /keyFile.*chmod 640/ }]);
  chmodSync(join(folder, 'key.pem'), 0o600);
  writeFileSync(join(folder, 'cert.pem'), (await selfSigned()).cert);
  t.match(await checkTls(makeContext(config)), [{ status: 'fail', detail: /is not the key of/ }]);
  writePair(folder, await selfSigned(1_000, [...ownAddresses(), 'localhost']));
  t.match(await checkTls(makeContext(config)), [
    { status: 'fail', detail: /it expired on/, remedy: /certificate --force/ },
  ]);
});

t.test('names and dates', t => {
  t.match(judgeCertificate(FACTS, ['198.51.100.1'], DAY_MS), [{ status: 'ok' }], 'its names are not resolved');
  t.match(judgeCertificate({ ...FACTS, isSelfSigned: true }, ['192.0.2.7'], DAY_MS), [
    { status: 'ok', detail: /self-signed/ },
  ]);
  t.match(judgeCertificate({ ...FACTS, isSelfSigned: true }, ['192.0.2.7', '198.51.100.1'], DAY_MS), [
    { status: 'ok' },
    { status: 'warn', detail: /does not have this machine's 198\.51\.100\.1:/ },
  ]);
  t.match(judgeCertificate(FACTS, [], 80 * DAY_MS), [
    { status: 'warn', detail: /it expires on 1970-04-01/, remedy: /Renew it/ },
  ]);
  t.match(judgeCertificate(FACTS, [], -DAY_MS), [
    { status: 'fail', detail: /it is not valid before/, remedy: /clock/ },
  ]);
  t.match(judgeCertificate({ ...FACTS, names: [], addresses: [] }, [], 0), [
    { status: 'fail', detail: /for nobody: it names no host/ },
  ]);
  const many = Array.from({ length: 50 }, (_, i) => `r${i}.example.org`);
  t.match(judgeCertificate({ ...FACTS, names: many, addresses: [] }, [], 0), [
    { detail: /r5\.example\.org and 44 more/ },
  ]);
  t.end();
});

t.test('a running server is also found over TLS', async t => {
  const folder = t.testdir();
  const pair = await selfSigned();
  const server = createServer(pair, (_, response) => response.end('{"status":"ok"}'));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const config = writePair(folder, pair);
  writeFileSync(config, `server: { host: 127.0.0.1, port: ${port}, tls: { certFile: cert.pem, keyFile: key.pem } }\n`);
  t.match(await checkHttpPort(makeContext(config)), [{ status: 'ok', detail: /this server runs there/ }]);
  writeFileSync(config, `server: { host: 127.0.0.1, port: ${port} }\n`);
  t.match(await checkHttpPort(makeContext(config)), [{ status: 'fail', detail: /another program/ }]);
});
