import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Access } from '../../src/domain/access.js';
import { CommandError, EXIT } from '../../src/domain/command-error.js';
import type { Config } from '../../src/domain/contract.js';
import { Failure } from '../../src/domain/failure.js';
import { camerasNamed, makeAccess } from '../../src/server/access/access.js';
import { hashToken, makeToken, showHash } from '../../src/server/access/tokens.js';
import { defaultConfig, loadConfig } from '../../src/server/config/load.js';
import { KEYS, pem, sign } from '../helpers/jwt.js';
import { keptLog } from '../helpers/quiet-log.js';

const base = mkdtempSync(join(tmpdir(), 'bigfootbot-access-'));
t.teardown(() => rmSync(base, { recursive: true, force: true }));
const OWN = makeToken();
const { legacy } = defaultConfig();

function access(settings: Partial<Config['access']> = {}): Access {
  return makeAccess({
    settings: { ...defaultConfig().access, ...settings },
    legacy,
    ownToken: OWN,
    base,
    log: keptLog(),
  });
}

function refused(settings: Partial<Config['access']>): string {
  try {
    access(settings);
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.config) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

const put = (name: string, text: string, mode = 0o600): string => {
  writeFileSync(join(base, name), text);
  chmodSync(join(base, name), mode);
  return name;
};
const entry = (name: string, token: string, expires?: string): Config['access']['tokens'][number] => ({
  name,
  hash: showHash(hashToken(token)),
  permissions: [{ role: 'view', cameras: ['front'] }],
  ...(expires === undefined ? {} : { expires }),
});

t.test("the robot's own token is admin; others have their configured permissions, until they expire", async t => {
  const [tablet, old, soon] = [makeToken(), makeToken(), makeToken()];
  const { identify, anonymous } = access({
    tokens: [
      entry('tablet', tablet),
      entry('old', old, '2020-01-31T12:00:00+01:00'),
      entry('soon', soon, '2999-01-31T12:00:00Z'),
    ],
  });
  t.match(await identify(OWN), { permissions: [{ role: 'admin' }] });
  t.strictSame(await identify(tablet), { name: 'tablet', permissions: [{ role: 'view', cameras: ['front'] }] });
  t.match(await identify(soon), { name: 'soon' });
  await t.rejects(identify(old), { code: 'unauthorized', message: 'The token has expired.' });
  for (const wrong of ['', 'x', `${tablet}x`, showHash(hashToken(tablet)), 'a.b.c'])
    await t.rejects(identify(wrong), new Failure('unauthorized', 'The token is wrong.'));
  t.strictSame(anonymous.permissions, [], 'no permissions without one');
});

t.test('keys of every kind, from files next to the configuration and inline', async t => {
  const settings: Config['access']['jwt'] = [
    { name: 'hs', key: { secretFile: put('secret', `${KEYS.HS256}\n`) } },
    { name: 'rs', key: { publicKeyFile: put('rsa.pem', pem(KEYS.RS256.publicKey), 0o644) } },
    { name: 'ed', key: { publicKey: pem(KEYS.EdDSA.publicKey) } },
  ];
  const { identify } = access({ jwt: settings });
  t.equal((await identify(await sign('HS256', KEYS.HS256))).name, 'hs');
  t.equal((await identify(await sign('RS256', KEYS.RS256.privateKey))).name, 'rs');
  t.equal((await identify(await sign('EdDSA', KEYS.EdDSA.privateKey, { sub: 'a' }))).name, 'ed: a');
  t.match(await identify(OWN), { permissions: [{ role: 'admin' }] }, "and the robot's own token still works");
});

t.test('invalid, weak, and readable keys are refused', t => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwt = (key: Config['access']['jwt'][number]['key']): string => refused({ jwt: [{ name: 'id', key }] });
  t.match(jwt({ secretFile: 'none' }), /access\.jwt "id": .*none: cannot be read: ENOENT/);
  t.match(jwt({ secretFile: put('open', KEYS.HS256, 0o640) }), /chmod 600 '/);
  t.match(jwt({ secretFile: put('short', 'x'.repeat(31)) }), /31 bytes; HS256 needs at least 32.*openssl rand/);
  t.match(jwt({ secretFile: put('blank', ' '.repeat(40)) }), /0 bytes/);
  t.match(jwt({ secretFile: put('big', 'x'.repeat(20_000)) }), /larger than/);
  t.match(jwt({ publicKey: randomBytes(40).toString('base64') }), /not a public key in PEM/);
  t.match(jwt({ publicKey: pem(weak.publicKey) }), /1024 bits; it needs at least 2048/);
  t.match(jwt({ publicKey: pem(curve.publicKey) }), /of type ec; RSA/);
  const own = KEYS.RS256.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  t.match(jwt({ publicKeyFile: put('private', own) }), /key is private.*openssl pkey/);
  t.match(jwt({ jwks: 'http://[' }), /is not a URL/);
  const withPassword = jwt({ jwks: 'https://me:hush@id.example/' });
  t.match(withPassword, /password in it is not accepted/);
  t.notMatch(withPassword, 'hush');
  for (const text of [KEYS.HS256, own.split('\n')[1] ?? '-'])
    t.notMatch(jwt({ secretFile: put('open', text, 0o644) }), text);
  t.end();
});

t.test('keys over plain HTTP are accepted, with a warning in the log', t => {
  const lines = (jwks: string): unknown[] => {
    const log = keptLog();
    const settings = { ...defaultConfig().access, jwt: [{ name: 'id', key: { jwks } }] };
    makeAccess({ settings, legacy, ownToken: OWN, base, log });
    return log.lines;
  };
  t.match(lines('http://id.example/jwks.json'), [{ level: 'warn', fields: { issuer: 'id' } }]);
  for (const url of ['https://id.example/x', 'http://localhost:1/x', 'http://127.0.0.1/x', 'http://[::1]/x'])
    t.strictSame(lines(url), [], url);
  t.end();
});

t.test('duplicate names and tokens', t => {
  const token = makeToken();
  t.match(refused({ tokens: [entry('a', makeToken()), entry('a', makeToken())] }), /two tokens named "a"/);
  t.match(refused({ tokens: [entry('a', token), entry('b', token)] }), /one token twice/);
  const key = { publicKey: pem(KEYS.EdDSA.publicKey) };
  t.match(
    refused({
      jwt: [
        { name: 'x', key },
        { name: 'x', key },
      ],
    }),
    /two issuers named "x"/,
  );
  t.match(refused({ tokens: [entry('a', token, '2026-13-45T99:00:00Z')] }), /"a": expires.*not a date and time/);
  t.end();
});

t.test('the cameras named by permissions', t => {
  const settings = { ...defaultConfig().access, tokens: [entry('a', makeToken())] };
  t.strictSame(camerasNamed({ ...settings, anonymous: [{ role: 'view' as const, cameras: ['door'] }] }), [
    { camera: 'front', holder: 'a' },
    { camera: 'door', holder: 'anonymous' },
  ]);
  t.end();
});

t.test('errors of the configuration are reported, without secrets', t => {
  const file = join(base, 'robot.yaml');
  const complaint = (text: string): string => {
    writeFileSync(file, text);
    try {
      loadConfig(file);
    } catch (error) {
      if (error instanceof CommandError) return error.message.replaceAll(`${file}:`, '');
      throw error;
    }
    return '';
  };
  const token = (more: string): string =>
    `access:\n  tokens:\n    - name: a\n      hash: ${showHash(hashToken('x'))}\n      permissions: [${more}]\n`;
  t.equal(complaint(token('{ role: view, cameras: [front] }')), '');
  t.match(complaint(token('')), /^5: access\.tokens\.0\.permissions/);
  t.match(complaint(token('{ role: root }')), /^5: .*role is "root"; it must be one of view, publish, admin/);
  t.match(complaint(token('{ role: view, camera: front }')), /^5: .*camera is not a known key.*role, cameras/);
  t.match(complaint(token('{ role: view, cameras: [] }')), /^5: .*cameras/);
  t.match(complaint(token('{ role: view, cameras: [a/b] }')), /^5: .*cameras\.0/);
  const plain = complaint(
    'access:\n  tokens:\n    - name: a\n      hash: my-own-token\n      permissions: [{ role: view }]\n',
  );
  t.match(plain, /^4: access\.tokens\.0\.hash.*sha256:/);
  t.notMatch(plain, 'my-own-token', 'a token in place of its hash is not printed');
  t.match(complaint('access:\n  jwt: [{ name: a, key: {} }]\n'), /^2: access\.jwt\.0\.key.*exactly one of secretFile/);
  t.match(
    complaint('access:\n  jwt: [{ name: a, key: { secretFile: a, jwks: "https://b" } }]\n'),
    /^2: access\.jwt\.0\.key.*exactly one of secretFile/,
  );
  t.match(complaint('access:\n  jwt: [{ name: a, key: { jwks: "file:///etc/x" } }]\n'), /key\.jwks is "file/);
  t.match(complaint('access:\n  anonymous: [{ role: admin }]\n'), /anonymous\.0\.role is "admin".*view, publish/);
  t.match(complaint('access:\n  origins: [player.example]\n'), /origins\.0/);
  t.end();
});
