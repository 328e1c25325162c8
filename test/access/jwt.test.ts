import { createHmac, sign as signBytes } from 'node:crypto';
import t from 'tap';
import type { Grant } from '../../src/domain/access.js';
import { Failure } from '../../src/domain/failure.js';
import { type Issuer, isJwt, verifyJwt } from '../../src/server/access/jwt.js';
import { forge, KEYS, now, pem, sign } from '../helpers/jwt.js';

const local = (name: string, key: Awaited<ReturnType<Issuer['key']>>, algorithms: string[]): Issuer => ({
  name,
  key: async () => key,
  algorithms,
});
const rsa = local('rsa', KEYS.RS256.publicKey, ['RS256']);
const ed = local('ed', KEYS.EdDSA.publicKey, ['EdDSA', 'Ed25519']);
const secret = local('secret', Buffer.from(KEYS.HS256), ['HS256']);
const ALL = [rsa, ed, secret];

async function outcome(token: string, issuers: readonly Issuer[] = ALL): Promise<Grant | string> {
  try {
    return await verifyJwt(issuers, token);
  } catch (error) {
    if (error instanceof Failure && error.code === 'unauthorized') return error.message;
    throw error;
  }
}

t.test('each algorithm, with its own key', async t => {
  const tokens: [string, string, string][] = [
    ['RS256', 'rsa', await sign('RS256', KEYS.RS256.privateKey)],
    ['EdDSA', 'ed', await sign('EdDSA', KEYS.EdDSA.privateKey)],
    ['Ed25519', 'ed', await sign('Ed25519', KEYS.EdDSA.privateKey)],
    ['HS256', 'secret', await sign('HS256', KEYS.HS256)],
  ];
  for (const [algorithm, name, token] of tokens)
    t.strictSame(await outcome(token), { name, permissions: [{ role: 'admin' }] }, algorithm);
});

t.test("another issuer's key", async t => {
  const wrong = [
    await sign('RS256', KEYS.otherRS256.privateKey),
    await sign('EdDSA', KEYS.otherEdDSA.privateKey),
    await sign('HS256', KEYS.otherHS256),
  ];
  for (const token of wrong) t.equal(await outcome(token), 'The token is wrong.');
  t.equal(await outcome(await sign('RS256', KEYS.RS256.privateKey), [ed, secret]), 'The token is wrong.');
  t.equal(await outcome(await sign('RS256', KEYS.RS256.privateKey), []), 'The token is wrong.');
});

t.test('a token cannot choose how it is checked', async t => {
  const claims = { exp: now() + 3600, bigfootbot: { role: 'admin' } };
  const signed = (header: object, how: (input: string) => Buffer): string => {
    const input = forge(header, claims).replace(/\.$/, '');
    return `${input}.${how(input).toString('base64url')}`;
  };
  const hmac = (key: string | Buffer) => (input: string) => createHmac('sha256', key).update(input).digest();
  const publicKeys = [
    pem(KEYS.RS256.publicKey),
    pem(KEYS.RS256.publicKey).trim(),
    KEYS.RS256.publicKey.export({ type: 'spki', format: 'der' }),
    pem(KEYS.EdDSA.publicKey),
    KEYS.EdDSA.publicKey.export({ type: 'spki', format: 'der' }),
  ];
  const attacks: [string, string][] = [
    ...['none', 'None', 'NONE', 'nOnE', ''].map((alg): [string, string] => [`alg "${alg}"`, forge({ alg }, claims)]),
    ['no alg', forge({}, claims)],
    ['alg that is not a string', forge({ alg: ['RS256'] }, claims)],
    ...publicKeys.map((key, n): [string, string] => [
      `HS256 with a public key as its secret, ${n}`,
      signed({ alg: 'HS256' }, hmac(key)),
    ]),
    ['RS256 in name, with the secret', signed({ alg: 'RS256' }, hmac(KEYS.HS256))],
    [
      'EdDSA by the RSA key',
      signed({ alg: 'EdDSA' }, input => signBytes('sha256', Buffer.from(input), KEYS.RS256.privateKey)),
    ],
    ['HS512', await sign('HS512', KEYS.HS256)],
    ['RS512', await sign('RS512', KEYS.RS256.privateKey)],
    ['PS256', await sign('PS256', KEYS.RS256.privateKey)],
    ['empty secret', signed({ alg: 'HS256' }, hmac(''))],
    [
      'its own key in the header',
      await sign('RS256', KEYS.otherRS256.privateKey, {}, { jwk: KEYS.otherRS256.publicKey.export({ format: 'jwk' }) }),
    ],
    ['an unknown extension', await forgeCrit()],
    ['no signature', (await sign('RS256', KEYS.RS256.privateKey)).replace(/[^.]+$/, '')],
    ['a signature cut short', (await sign('EdDSA', KEYS.EdDSA.privateKey)).slice(0, -4)],
    ['other claims under the same signature', swapped(await sign('EdDSA', KEYS.EdDSA.privateKey))],
  ];
  for (const [name, token] of attacks) t.equal(await outcome(token), 'The token is wrong.', name);
});

async function forgeCrit(): Promise<string> {
  const input = forge({ alg: 'EdDSA', crit: ['x'], x: 1 }, { exp: now() + 60, bigfootbot: { role: 'admin' } }).slice(
    0,
    -1,
  );
  return `${input}.${signBytes(null, Buffer.from(input), KEYS.EdDSA.privateKey).toString('base64url')}`;
}

function swapped(token: string): string {
  const [header = '', , signature = ''] = token.split('.');
  const claims = Buffer.from(JSON.stringify({ exp: now() + 99_999, bigfootbot: { role: 'admin' } })).toString(
    'base64url',
  );
  return [header, claims, signature].join('.');
}

t.test('times, with a clock that may be a minute off', async t => {
  const at = (claims: Record<string, unknown>): Promise<Grant | string> =>
    sign('EdDSA', KEYS.EdDSA.privateKey, claims).then(token => outcome(token));
  t.equal(await at({ exp: now() - 3600 }), 'The token has expired.');
  t.match(await at({ exp: now() - 20 }), { name: 'ed' });
  t.match(await at({ nbf: now() + 3600 }), /^The token is not valid yet; by the robot's clock it is \d{4}-/);
  t.match(await at({ nbf: now() + 20 }), { name: 'ed' });
  t.match(await at({ exp: undefined }), /no expiry/);
  for (const exp of ['soon', null, true]) t.type(await at({ exp }), 'string', JSON.stringify(exp));
});

t.test('issuer and audience, if configured', async t => {
  const choosy = { ...ed, issuer: 'https://id.example/', audience: 'robot-7' };
  const at = (claims: Record<string, unknown>): Promise<Grant | string> =>
    sign('EdDSA', KEYS.EdDSA.privateKey, claims).then(token => outcome(token, [choosy]));
  const right = { iss: 'https://id.example/', aud: 'robot-7' };
  t.match(await at(right), { name: 'ed' });
  t.match(await at({ ...right, aud: ['x', 'robot-7'] }), { name: 'ed' });
  for (const iss of ['https://id.example', 'HTTPS://id.example/', '', undefined])
    t.match(await at({ ...right, iss }), /issuer|"iss"/, String(iss));
  for (const aud of ['robot-8', ['x'], [], '', undefined]) t.match(await at({ ...right, aud }), /"aud"/, String(aud));
});

t.test('the permissions of its holder', async t => {
  const at = (bigfootbot: unknown, more: Record<string, unknown> = {}): Promise<Grant | string> =>
    sign('EdDSA', KEYS.EdDSA.privateKey, { bigfootbot, ...more }).then(token => outcome(token));
  const front = { role: 'view', cameras: ['front'] };
  t.strictSame(await at(front, { sub: 'alice' }), { name: 'ed: alice', permissions: [front] });
  t.strictSame(await at([front, { role: 'publish' }]), { name: 'ed', permissions: [front, { role: 'publish' }] });
  t.equal(((await at(front, { sub: 'x'.repeat(5_000) })) as Grant).name.length, 104, 'no endless name is in the log');
  const invalid = [
    undefined,
    null,
    'admin',
    {},
    [],
    { role: 'root' },
    { role: ['admin'] },
    { cameras: ['front'] },
    { role: 'admin', cameras: [] },
    { role: 'admin', cameras: 'front' },
    // A typo must not turn it into a permission for all cameras.
    { role: 'admin', camera: ['front'] },
    { role: 'admin', cameras: ['../front'] },
    [{ role: 'view' }, 'admin'],
  ];
  for (const claim of invalid) t.match(await at(claim), /has no valid permissions/, JSON.stringify(claim));
});

t.test('the form of a JWT', t => {
  t.ok(isJwt('a.b.c'));
  t.ok(isJwt('a.b.'), 'checked as a JWT, to be refused as one');
  for (const token of ['abc', 'a.b', 'a.b.c.d', '.b.c', 'a..c', 'a.b.c d', `a.${'x'.repeat(8_192)}.c`])
    t.notOk(isJwt(token), token.slice(0, 20));
  t.end();
});
