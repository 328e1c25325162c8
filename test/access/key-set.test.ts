import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { Failure } from '../../src/domain/failure.js';
import { type Issuer, verifyJwt } from '../../src/server/access/jwt.js';
import { type KeySetTimes, remoteKeySet } from '../../src/server/access/key-set.js';
import { KEYS, type KeyServer, keyServer, keySet, sign } from '../helpers/jwt.js';
import { keptLog } from '../helpers/quiet-log.js';
import { until } from '../helpers/server.js';

const SET = keySet({ a: KEYS.RS256.publicKey, b: KEYS.EdDSA.publicKey });
const HOUR = 3_600_000;
const PATIENT: KeySetTimes = { timeout: 5_000, cooldown: HOUR, refresh: HOUR, keep: HOUR };

function issuer(
  server: KeyServer,
  times: Partial<KeySetTimes> = {},
): { issuers: Issuer[]; log: ReturnType<typeof keptLog> } {
  const log = keptLog();
  const key = remoteKeySet(server.url, log, { ...PATIENT, ...times });
  return { issuers: [{ name: 'id', key, algorithms: ['RS256', 'EdDSA'] }], log };
}

async function failing(issuers: Issuer[], token: string): Promise<Failure> {
  try {
    await verifyJwt(issuers, token);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

t.test('keys are fetched once, at the first token', async t => {
  const server = await keyServer(t, SET);
  const { issuers } = issuer(server);
  t.equal(server.asked, 0);
  const tokens = [
    await sign('RS256', KEYS.RS256.privateKey, {}, { kid: 'a' }),
    await sign('EdDSA', KEYS.EdDSA.privateKey, {}, { kid: 'b' }),
    await sign('RS256', KEYS.RS256.privateKey),
  ];
  await Promise.all(tokens.map(token => verifyJwt(issuers, token)));
  for (const token of tokens) t.match(await verifyJwt(issuers, token), { permissions: [{ role: 'admin' }] });
  t.equal(server.asked, 1);
  t.match(await failing(issuers, await sign('RS256', KEYS.otherRS256.privateKey, {}, { kid: 'a' })), {
    code: 'unauthorized',
    message: 'The token is wrong.',
  });
  t.match(await failing(issuers, await sign('EdDSA', KEYS.EdDSA.privateKey, {}, { kid: 'a' })), {
    code: 'unauthorized',
  });
});

t.test('a set of several keys, and a token without a key id', async t => {
  const server = await keyServer(t, keySet({ a: KEYS.otherRS256.publicKey, b: KEYS.RS256.publicKey }));
  const { issuers } = issuer(server);
  t.ok(await verifyJwt(issuers, await sign('RS256', KEYS.RS256.privateKey)));
  const third = generateKeyPairSync('rsa', { modulusLength: 2048 });
  t.match(await failing(issuers, await sign('RS256', third.privateKey)), { message: 'The token is wrong.' });
  t.match(await failing(issuers, await sign('RS256', KEYS.RS256.privateKey, { exp: 1 })), { message: /expired/ });
});

t.test('changed keys are found; unknown ones do not cause repeated fetches', async t => {
  const server = await keyServer(t, keySet({ a: KEYS.RS256.publicKey }));
  const { issuers } = issuer(server, { cooldown: 0 });
  const old = await sign('RS256', KEYS.RS256.privateKey, {}, { kid: 'a' });
  await verifyJwt(issuers, old);
  const rotated = keySet({ c: KEYS.otherRS256.publicKey });
  server.answer = response => response.end(rotated);
  t.ok(await verifyJwt(issuers, await sign('RS256', KEYS.otherRS256.privateKey, {}, { kid: 'c' })));
  t.equal(server.asked, 2);
  t.match(await failing(issuers, old), { code: 'unauthorized' }, 'a key that is no longer in the set is not accepted');

  const calm = issuer(server);
  const unknown = await sign('RS256', KEYS.RS256.privateKey, {}, { kid: 'nowhere' });
  const before = server.asked;
  for (let n = 0; n < 20; n++) t.match(await failing(calm.issuers, unknown), { code: 'unauthorized' });
  t.equal(server.asked, before + 1);
});

t.test('a key server that fails: 503 with the reason, and no fetch per token', async t => {
  const token = await sign('RS256', KEYS.RS256.privateKey);
  const cases: [string, KeyServer['answer'], RegExp][] = [
    ['down', response => response.socket?.destroy(), /cannot be reached/],
    ['an error', response => response.writeHead(500).end('oops'), /answered 500/],
    ['sent elsewhere', response => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(), /answered 302/],
    ['garbage', response => response.end('<html>'), /is not JSON/],
    ['another document', response => response.end('{"keys":"none"}'), /is not a JSON Web Key Set/],
    ['null', response => response.end('null'), /is not a JSON Web Key Set/],
    ['huge', response => response.end(`{"keys":[],"x":"${'x'.repeat(10_000_000)}"}`), /more than 262144 bytes/],
    ['no answer', () => undefined, /did not answer in time/],
    ['half an answer', response => response.write('{"keys":'), /did not answer in time/],
  ];
  for (const [name, answer, words] of cases) {
    const server = await keyServer(t, SET);
    server.answer = answer;
    const { issuers, log } = issuer(server, { timeout: name.includes('answer') ? 100 : 60_000 });
    for (let n = 0; n < 3; n++) {
      const failure = await failing(issuers, token);
      t.match(failure, { code: 'keys-unavailable', message: words }, name);
      t.notMatch(failure.message, '127.0.0.1', 'the address of the key server is only in the log');
      t.ok((failure.retryAfter ?? 0) >= 1, 'and when to retry');
    }
    t.equal(server.asked, 1, name);
    t.equal(log.lines.filter(({ event }) => event === 'keys not loaded').length, 1, 'one line in the log');
  }
});

t.test('an endless answer is aborted', async t => {
  const server = await keyServer(t, SET);
  let closed = false;
  server.answer = response => {
    const pour = (): void => {
      while (!closed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', pour).on('close', () => {
      closed = true;
    });
    pour();
  };
  const { issuers } = issuer(server, { timeout: 60_000 });
  t.match(await failing(issuers, await sign('RS256', KEYS.RS256.privateKey)), { code: 'keys-unavailable' });
  await until('the connection is closed', () => closed);
});

t.test('a key server that returns is used again', async t => {
  const server = await keyServer(t, SET);
  const { answer } = server;
  server.answer = response => response.writeHead(503).end();
  const { issuers } = issuer(server, { cooldown: 0 });
  const token = await sign('RS256', KEYS.RS256.privateKey);
  t.match(await failing(issuers, token), { code: 'keys-unavailable' });
  server.answer = answer;
  t.ok(await verifyJwt(issuers, token));
});

t.test('cached keys stay valid while their server is down, but not forever', async t => {
  const server = await keyServer(t, SET);
  const lasting = issuer(server, { refresh: 0, cooldown: 0 });
  const brief = issuer(server, { refresh: 0, cooldown: 0, keep: 0 });
  const token = await sign('RS256', KEYS.RS256.privateKey, {}, { kid: 'a' });
  await verifyJwt(lasting.issuers, token);
  server.answer = response => response.socket?.destroy();
  const before = server.asked;
  t.ok(await verifyJwt(lasting.issuers, token));
  await until('they are fetched in the background', () => server.asked > before);
  await until('it is logged', () => lasting.log.lines.length > 0);
  t.ok(await verifyJwt(lasting.issuers, token));
  t.match(await failing(brief.issuers, token), { code: 'keys-unavailable' });
  const unknown = await sign('RS256', KEYS.otherRS256.privateKey, {}, { kid: 'new' });
  t.match(await failing(lasting.issuers, unknown), { code: 'keys-unavailable' }, 'its key may be a new one');
});

t.test('secret and private keys in a set are not used', async t => {
  const jwks = JSON.stringify({
    keys: [
      { kty: 'oct', k: Buffer.from(KEYS.HS256).toString('base64url'), kid: 'h', alg: 'HS256' },
      { ...KEYS.RS256.privateKey.export({ format: 'jwk' }), kid: 'p' },
    ],
  });
  const { issuers } = issuer(await keyServer(t, jwks));
  t.match(await failing(issuers, await sign('HS256', KEYS.HS256, {}, { kid: 'h' })), { code: 'unauthorized' });
  t.match(await failing(issuers, await sign('RS256', KEYS.RS256.privateKey, {}, { kid: 'p' })), {
    code: 'unauthorized',
  });
});

t.test('an issuer whose keys are unavailable does not delay the tokens of another', async t => {
  const server = await keyServer(t, SET);
  server.answer = () => undefined;
  const { issuers } = issuer(server, { timeout: 60_000 });
  issuers.push({ name: 'local', key: async () => KEYS.EdDSA.publicKey, algorithms: ['EdDSA'] });
  t.equal((await verifyJwt(issuers, await sign('EdDSA', KEYS.EdDSA.privateKey))).name, 'local');
});
