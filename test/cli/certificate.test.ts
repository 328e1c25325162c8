import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { loadText } from '../../src/server/config/load.js';
import { readKeyPair } from '../../src/server/tls/key-pair.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

// npm sets the folder that it was called in, which is not that of the test.
const { INIT_CWD: _, ...env } = process.env;

function run(cwd: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'certificate', ...args], {
    cwd,
    env: { ...env, XDG_STATE_HOME: join(cwd, 'state') },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

t.test('makes a pair that the printed configuration serves', t => {
  const folder = t.testdir();
  const { status, stdout, stderr } = run(
    folder,
    '--out',
    'tls',
    '--host',
    'robot.example.org',
    '192.0.2.9',
    '--host',
    'Bücher.example',
  );
  t.equal(status, 0, stderr);
  t.equal(stderr, '');
  const [cert, key] = [join(folder, 'tls/certificate.pem'), join(folder, 'tls/key.pem')];
  t.equal(statSync(key).mode & 0o777, 0o600);
  t.strictSame(readdirSync(join(folder, 'tls')).sort(), ['certificate.pem', 'key.pem']);
  const certificate = new X509Certificate(readFileSync(cert));
  for (const name of ['robot.example.org', 'xn--bcher-kva.example', 'localhost'])
    t.ok(certificate.checkHost(name), name);
  for (const address of ['192.0.2.9', '127.0.0.1', '::1']) t.ok(certificate.checkIP(address), address);
  t.match(stdout, certificate.fingerprint256);
  t.notMatch(stdout, readFileSync(key, 'utf8').split('\n')[1]);
  const { tls } = loadText(stdout, join(folder, 'config.yaml')).config.server;
  t.strictSame(tls, { certFile: cert, keyFile: key });
  if (tls) t.doesNotThrow(() => readKeyPair(tls, folder));
  t.end();
});

t.test('overwrites nothing without --force', t => {
  const folder = t.testdir();
  t.equal(run(folder).status, 0);
  const state = join(folder, 'state/bigfootbot-video');
  const key = join(state, 'key.pem');
  const before = readFileSync(key, 'utf8');
  const { status, stdout, stderr } = run(folder);
  t.equal(status, 73);
  t.equal(stdout, '');
  t.match(stderr, /key\.pem already exist\..*--out.*--force/);
  t.equal(readFileSync(key, 'utf8'), before);
  writeFileSync(join(folder, 'key.pem'), 'mine', { mode: 0o644 });
  t.match(run(folder, '--out', '.').stderr, /\/key\.pem already exists/);
  t.notOk(existsSync(join(folder, 'certificate.pem')), 'nor half of it');
  const forced = run(folder, '--out', '.', '--force', '--json');
  t.equal(forced.status, 0, forced.stderr);
  t.equal(statSync(join(folder, 'key.pem')).mode & 0o777, 0o600, 'the previous file could be read by others');
  const said = JSON.parse(forced.stdout) as { fingerprint: string; names: string[] };
  t.equal(said.fingerprint, new X509Certificate(readFileSync(join(folder, 'certificate.pem'))).fingerprint256);
  t.ok(said.names.includes('localhost'));
  t.end();
});

t.test('a certificate that is only partly written is an error, and the previous one stays whole', t => {
  const folder = t.testdir();
  t.equal(run(folder, '--out', '.').status, 0);
  const read = () => ['certificate.pem', 'key.pem'].map(file => readFileSync(join(folder, file), 'utf8'));
  const before = read();
  // 512 bytes per file: more than the key, less than the certificate.
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', 'ulimit -f 1; exec "$@"', 'sh', process.execPath, MAIN, 'certificate', '--out', '.', '--force'],
    { cwd: folder, env, encoding: 'utf8', timeout: 20_000 },
  );
  t.equal(status, 73, stdout);
  t.match(stderr, /cannot be written.*--out/);
  t.equal(read()[0], before[0]);
  t.strictSame(readdirSync(folder).sort(), ['certificate.pem', 'key.pem'], 'nothing is left beside them');
  t.end();
});

t.test('errors on the command line', t => {
  const folder = t.testdir({ file: '' });
  for (const host of ['https://robot', 'robot:8765', '*.example.org', ''])
    t.match(run(folder, '--host', host), { status: 64, stderr: /host name such as/ }, host);
  t.match(run(folder, '--out', 'file/tls'), { status: 73, stderr: /cannot be written.*--out/ });
  t.end();
});
