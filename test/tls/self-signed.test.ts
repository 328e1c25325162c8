import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import { factsOf, problemsOf } from '../../src/server/tls/certificate-facts.js';
import { hostForCertificate } from '../../src/server/tls/host-name.js';
import { ownHosts } from '../../src/server/tls/own-hosts.js';
import { MAX_DAYS, makeSelfSigned } from '../../src/server/tls/self-signed.js';
import { writePair } from '../helpers/certificates.js';

const DAY_MS = 86_400_000;

t.test('a certificate is for its hosts only, and new each time', async t => {
  const hosts = ['robot.example.org', 'xn--bcher-kva.example', '192.0.2.7', '2001:db8::7'];
  const { cert, key } = await makeSelfSigned(hosts);
  const certificate = new X509Certificate(cert);
  for (const name of hosts.slice(0, 2)) t.ok(certificate.checkHost(name), name);
  for (const address of hosts.slice(2)) t.ok(certificate.checkIP(address), address);
  for (const name of ['example.org', 'a.robot.example.org', '192.0.2.7']) t.notOk(certificate.checkHost(name), name);
  t.notOk(certificate.checkIP('192.0.2.8'));
  t.ok(certificate.checkPrivateKey(createPrivateKey(key)));
  t.notOk(certificate.ca, 'it is not a CA');
  const facts = factsOf(certificate);
  t.strictSame(facts.names, hosts.slice(0, 2));
  t.strictSame(facts.addresses, hosts.slice(2), 'in the usual notation');
  t.ok(facts.validFrom < Date.now());
  t.ok(facts.validTo - facts.validFrom <= MAX_DAYS * DAY_MS);
  t.strictSame(problemsOf(facts, Date.now()), []);
  const again = new X509Certificate((await makeSelfSigned(hosts)).cert);
  t.not(again.serialNumber, certificate.serialNumber);
  t.not(again.fingerprint256, certificate.fingerprint256);
});

const openssl = (...args: string[]) => spawnSync('openssl', args, { encoding: 'utf8' });
const lacking = openssl('version').error ? 'openssl is not installed' : false;

t.test('OpenSSL accepts it', { skip: lacking }, async t => {
  const folder = t.testdir();
  writePair(folder, await makeSelfSigned(['robot', '192.0.2.7']));
  const file = join(folder, 'cert.pem');
  const verified = openssl(
    'verify',
    '-x509_strict',
    '-purpose',
    'sslserver',
    '-verify_ip',
    '192.0.2.7',
    '-CAfile',
    file,
    file,
  );
  t.match(verified.stdout, /: OK/, verified.stderr);
  const { stdout } = openssl('x509', '-in', file, '-noout', '-text');
  t.match(stdout, /Version: 3/);
  t.match(stdout, /Public-Key: \(256 bit\)/);
  t.match(stdout, /Basic Constraints: critical\s+CA:FALSE/);
  t.match(stdout, /Key Usage: critical\s+Digital Signature\n/);
  t.match(stdout, /Extended Key Usage:\s+TLS Web Server Authentication/);
  t.match(stdout, /Alternative Name:\s+DNS:robot, IP Address:192\.0\.2\.7/);
});

t.test('valid hosts', t => {
  const cases: [string, string | null][] = [
    ['Robot.Example.org', 'robot.example.org'],
    ['robot.example.org.', 'robot.example.org'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['192.0.2.7', '192.0.2.7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['robot:8765', null],
    ['https://robot', null],
    ['*.example.org', null],
    ['192.0.2.300', null],
    ['-robot', null],
    ['a_b', null],
    ['a b', null],
    ['', null],
    ['.', null],
    [`${'x'.repeat(64)}.org`, null],
    [`${'x.'.repeat(130)}org`, null],
  ];
  for (const [text, host] of cases) t.equal(hostForCertificate(text), host, text.slice(0, 40));
  const own = ownHosts();
  for (const host of ['localhost', '127.0.0.1', '::1']) t.ok(own.includes(host), host);
  t.notOk(
    own.some(host => hostForCertificate(host) !== host),
    own.join(' '),
  );
  t.end();
});

t.test('the problems of a certificate, by day', t => {
  const facts = {
    names: ['robot'],
    addresses: [],
    validFrom: 0,
    validTo: 90 * DAY_MS,
    isSelfSigned: false,
    fingerprint: '',
  };
  const words = (now: number, more = {}) => problemsOf({ ...facts, ...more }, now).map(({ detail }) => detail);
  t.strictSame(words(30 * DAY_MS), []);
  t.strictSame(words(75 * DAY_MS), [], 'a quarter of its lifetime is more than 14 days');
  t.match(words(77 * DAY_MS), [/expires on 1970-04-01/]);
  t.match(words(91 * DAY_MS), [/expired on 1970-04-01/]);
  t.match(words(-DAY_MS), [/not valid before 1970-01-01.*clock.*1969-12-31/]);
  t.match(words(DAY_MS, { names: [] }), [/names no host/]);
  t.strictSame(
    words(4 * DAY_MS, { validTo: 6 * DAY_MS }),
    [],
    'one with a lifetime of six days is not reported at once',
  );
  t.match(problemsOf({ ...facts, isSelfSigned: true }, 91 * DAY_MS), [
    { isRefused: true, remedy: /certificate --force/ },
  ]);
  t.end();
});
