import Fastify from 'fastify';
import t from 'tap';
import { hashToken, showHash } from '../../src/access/tokens.js';
import { readContract } from '../../src/contract/contract.js';
import { NOBODY } from '../../src/domain/access.js';
import { guard } from '../../src/http/plugins/access.js';
import { TOKEN, testApp } from '../helpers/app.js';
import { breaches, operations, problemBreaches } from '../helpers/contract.js';
import { forge, KEYS, keyServer, keySet, now, pem, sign } from '../helpers/jwt.js';
import { bearer, call, issue, PLACES, urlOf } from '../helpers/tokens.js';

t.test('every operation of the contract: without a token, with a wrong one, with the right one', async t => {
  const test = await testApp(t, 5, { limits: { wrongTokensPerMinute: 1_000 } });
  t.ok(operations.length >= 11, 'there are operations');
  t.ok(operations.some(({ guarded }) => guarded));
  for (const operation of operations) {
    const { operationId, guarded } = operation;
    if (!guarded) {
      t.not((await call(test, operation)).statusCode, 401, `${operationId} needs none`);
      continue;
    }
    for (const authorization of [undefined, '', 'Bearer', 'Bearer ', `Basic ${TOKEN}`, `Bearer x ${TOKEN}`]) {
      const response = await call(test, operation, authorization === undefined ? {} : { authorization });
      t.strictSame(problemBreaches(response, 401, 'unauthorized'), [], `${operationId} with ${authorization}`);
      t.strictSame(breaches(operationId, response), []);
      t.equal(response.headers['www-authenticate'], 'Bearer', 'no error where there is no token');
      t.notMatch(response.body, TOKEN);
    }
    for (const token of ['wrong', `${TOKEN}x`, TOKEN.toUpperCase(), showHash(hashToken(TOKEN)), 'a.b.c']) {
      const response = await call(test, operation, bearer(token));
      t.strictSame(problemBreaches(response, 401, 'unauthorized'), [], `${operationId} with ${token}`);
      t.strictSame(breaches(operationId, response), []);
      t.equal(
        response.headers['www-authenticate'],
        'Bearer error="invalid_token", error_description="The token is wrong."',
      );
      t.notMatch(response.body, TOKEN);
    }
    // Some players send it bare, and RFC 9110 §11.1 has the scheme in any case.
    for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, TOKEN])
      t.notOk(
        [401, 403].includes((await call(test, operation, { authorization })).statusCode),
        `${operationId} with ${authorization}`,
      );
  }
});

// What hangs below a session's URL: the URL is the right to it, unless the configuration demands the token too.
const onSessions = operations.filter(({ rule }) => rule.kind === 'session');

const ROLES = ['view', 'publish', 'admin'] as const;
type Verdict = 'right' | 'wrong' | 'forbidden';

/** Tokens of every kind, and what each is for an operation that looks at it. */
async function everyToken() {
  const jwt = [{ name: 'id', key: { publicKey: pem(KEYS.EdDSA.publicKey) }, audience: 'robot-7' }];
  const jot = (claims: object, key = KEYS.EdDSA.privateKey) => sign('EdDSA', key, { aud: 'robot-7', ...claims });
  const old = issue('old', { role: 'admin' });
  const known = ROLES.flatMap(role => [
    { role, camera: null, ...issue(role, { role }) },
    { role, camera: 'arm', ...issue(`${role} arm`, { role, cameras: ['arm'] }) },
    { role, camera: 'road', ...issue(`${role} road`, { role, cameras: ['road'] }) },
  ]);
  const nothing = issue('nothing', { role: 'view', cameras: [] });
  const jots = await Promise.all(
    ROLES.flatMap(role =>
      [null, 'arm', 'road'].map(async camera => ({
        ...{ role, camera },
        token: await jot({ bigfootbot: { role, ...(camera === null ? {} : { cameras: [camera] }) } }),
      })),
    ),
  );
  const wrong: Record<string, string> = {
    nonsense: 'nonsense-of-a-token',
    'with more behind it': `${TOKEN}x`,
    'cut off': TOKEN.slice(0, -1),
    'its hash': showHash(hashToken(TOKEN)),
    expired: old.token,
    'a JWT that has expired': await jot({ exp: now() - 3_600 }),
    'a JWT that has not begun': await jot({ nbf: now() + 3_600 }),
    'a JWT without an end': await jot({ exp: undefined }),
    'a JWT for another': await jot({ aud: 'robot-8' }),
    'a JWT of another key': await jot({}, KEYS.otherEdDSA.privateKey),
    'a JWT that nobody signed': forge(
      { alg: 'none' },
      { exp: now() + 3_600, aud: 'robot-7', bigfootbot: { role: 'admin' } },
    ),
  };
  return {
    access: {
      jwt,
      tokens: [{ ...old.entry, expires: '2020-01-01T00:00:00Z' }, nothing.entry, ...known.map(({ entry }) => entry)],
    },
    tokens: [
      ...Object.entries(wrong).map(([name, token]) => ({ name, token, verdict: (): Verdict => 'wrong' })),
      {
        name: 'for no camera',
        token: nothing.token,
        verdict: (role: string, onCamera: boolean): Verdict => (role === 'view' && !onCamera ? 'right' : 'forbidden'),
      },
      ...[...known, ...jots].map(({ role, camera, token }) => ({
        name: `${token.includes('.') ? 'JWT ' : ''}${role} ${camera ?? 'everywhere'}`,
        token,
        verdict: (needed: string, onCamera: boolean): Verdict =>
          (role === needed || role === 'admin') && (camera !== 'arm' || !onCamera) ? 'right' : 'forbidden',
      })),
      { name: "the server's own", token: TOKEN, verdict: (): Verdict => 'right' },
    ],
  };
}

t.test('every operation of the contract, with every kind of token in every place, is as its rule says', async t => {
  const { access, tokens } = await everyToken();
  const limits = { wrongTokensPerMinute: 1_000_000, requestsPerMinute: 1_000_000 };
  for (const requireTokenOnSessions of [false, true]) {
    const { app } = await testApp(t, 1_000, { access: { ...access, requireTokenOnSessions }, limits });
    // The others do not know of the setting.
    for (const { operationId, method, path, rule } of requireTokenOnSessions ? onSessions : operations) {
      const looks = rule.kind === 'session' ? requireTokenOnSessions : rule.kind !== 'open';
      const breachesOf: string[] = [];
      const expectOf = async (
        name: string,
        verdict: Verdict,
        sent: { url: string; headers: Record<string, string> },
      ) => {
        // HEAD is GET without its body, and no way around it.
        for (const verb of method === 'GET' ? ['GET', 'HEAD'] : [method]) {
          const response = await app.inject({ method: verb as 'GET', ...sent });
          const { statusCode, body } = response;
          const is = statusCode === 401 ? 'wrong' : statusCode === 403 ? 'forbidden' : 'right';
          if (is !== (looks ? verdict : 'right')) breachesOf.push(`${verb} with ${name}: ${statusCode}`);
          if (verb !== 'HEAD') breachesOf.push(...breaches(operationId, response).map(words => `${name}: ${words}`));
          if (verb !== 'HEAD' && statusCode === 401) breachesOf.push(...problemBreaches(response, 401, 'unauthorized'));
          if (tokens.some(({ token }) => body.includes(token))) breachesOf.push(`${name}: a token comes back`);
        }
      };
      const url = urlOf(path);
      await expectOf('none', rule.kind === 'optional' ? 'right' : 'wrong', { url, headers: {} });
      for (const { name, token, verdict } of tokens)
        for (const [place, put] of Object.entries(PLACES))
          await expectOf(`${name}, ${place}`, verdict(rule.role, path.includes('{camera}')), put(url, token));
      t.strictSame(breachesOf, [], operationId);
    }
  }
});

t.test('a route that is neither in the contract nor a page cannot be made: nothing would say who may', async t => {
  const app = Fastify();
  const unused = async () => undefined;
  guard(
    app,
    readContract(),
    { anonymous: NOBODY, requireTokenOnSessions: false, identify: async () => NOBODY },
    { admit: unused, right: () => undefined, wrong: unused },
  );
  for (const url of ['/forgotten', '/api/v1/forgotten', '/api/v1/cameras/:camera/forgotten', '/docsx', '/:any'])
    t.throws(() => app.get(url, unused), /neither in the contract nor a page/, url);
  t.throws(() => app.post('/docs/x', unused), /neither in the contract/, 'a page changes nothing');
  for (const url of ['/', '/*', '/docs', '/docs/x', '/api/v1/cameras']) t.doesNotThrow(() => app.get(url, unused), url);
});

t.test('every operation of the contract with each role, and with each limited to another camera', async t => {
  const everywhere = ROLES.map(role => ({ role, ...issue(role, { role }) }));
  const elsewhere = ROLES.map(role => ({ role, ...issue(`${role} arm`, { role, cameras: ['arm'] }) }));
  const here = ROLES.map(role => ({ role, ...issue(`${role} road`, { role, cameras: ['road'] }) }));
  const tokens = [...everywhere, ...elsewhere, ...here].map(({ entry }) => entry);
  const test = await testApp(t, 50, { access: { tokens } });
  for (const operation of operations.filter(({ guarded }) => guarded)) {
    const { operationId, path, rule } = operation;
    const includes = (role: string): boolean => role === rule.role || role === 'admin';
    for (const [list, where] of [
      [everywhere, 'everywhere'],
      [here, 'here'],
      [elsewhere, 'elsewhere'],
    ] as const) {
      for (const { role, token } of list) {
        const response = await call(test, operation, bearer(token));
        const may = includes(role) && (where !== 'elsewhere' || !path.includes('{camera}'));
        const name = `${operationId} as ${role} ${where}`;
        if (may) {
          t.notOk([401, 403].includes(response.statusCode), `${name}: ${response.statusCode}`);
          continue;
        }
        t.strictSame(problemBreaches(response, 403, 'forbidden'), [], name);
        t.strictSame(breaches(operationId, response), [], name);
        t.equal(response.headers['www-authenticate'], `Bearer error="insufficient_scope", scope="${rule.role}"`);
        t.match(response.json().detail, `"${rule.role}"`, 'the role that is lacking is named');
      }
    }
  }
});

/** All for which a token is looked at, if one comes along or the configuration demands it. */
const checked = operations.filter(({ rule }) => rule.kind !== 'open');

t.test('every operation of a session: its URL alone, unless a token is demanded', async t => {
  t.strictSame(
    onSessions.map(({ operationId }) => operationId).sort(),
    [
      ...['whepDelete', 'whepPatch', 'whepSessionGet', 'whipDelete', 'whipPatch', 'whipSessionGet'],
      ...['whepEvents', 'whepEventsCreate', 'whepEventsDelete'],
    ].sort(),
  );
  const free = await testApp(t);
  const tokens = {
    view: issue('viewer', { role: 'view', cameras: ['road'] }),
    publish: issue('publisher', { role: 'publish', cameras: ['road'] }),
    admin: issue('admin', { role: 'admin', cameras: ['road'] }),
    elsewhere: issue('elsewhere', { role: 'admin', cameras: ['arm'] }),
  };
  const demanding = await testApp(t, 5, {
    access: { requireTokenOnSessions: true, tokens: Object.values(tokens).map(({ entry }) => entry) },
    limits: { wrongTokensPerMinute: 1_000 },
  });
  for (const operation of onSessions) {
    const { operationId, rule } = operation;
    for (const headers of [{}, bearer('wrong'), bearer(TOKEN)])
      t.notOk([401, 403].includes((await call(free, operation, headers)).statusCode), operationId);
    for (const [headers, challenge] of [
      [{}, /^Bearer$/],
      [bearer('wrong'), /^Bearer error="invalid_token"/],
    ] as const) {
      const response = await call(demanding, operation, headers);
      t.strictSame(problemBreaches(response, 401, 'unauthorized'), [], operationId);
      t.strictSame(breaches(operationId, response), []);
      t.match(response.headers['www-authenticate'], challenge);
    }
    for (const [role, { token }] of Object.entries(tokens)) {
      const response = await call(demanding, operation, bearer(token));
      if (role === rule.role || role === 'admin') {
        t.notOk([401, 403].includes(response.statusCode), `${operationId} as ${role}: ${response.statusCode}`);
        continue;
      }
      t.strictSame(problemBreaches(response, 403, 'forbidden'), [], `${operationId} as ${role}`);
      t.strictSame(breaches(operationId, response), []);
      t.equal(response.headers['www-authenticate'], `Bearer error="insufficient_scope", scope="${rule.role}"`);
    }
  }
});

t.test('OPTIONS of an endpoint needs no token, and takes none that is wrong or of no use there', async t => {
  const optional = operations.filter(({ rule }) => rule.kind === 'optional');
  t.strictSame(optional.map(({ operationId }) => operationId).sort(), ['whepOptions', 'whipOptions']);
  const elsewhere = issue('elsewhere', { role: 'admin', cameras: ['arm'] });
  const test = await testApp(t, 5, { access: { tokens: [elsewhere.entry] } });
  for (const operation of optional) {
    const { operationId } = operation;
    t.equal((await call(test, operation)).statusCode, 204, operationId);
    for (const [token, status, code] of [
      ['wrong', 401, 'unauthorized'],
      [elsewhere.token, 403, 'forbidden'],
    ] as const) {
      const response = await call(test, operation, bearer(token));
      t.strictSame(problemBreaches(response, status, code), [], operationId);
      t.strictSame(breaches(operationId, response), []);
    }
    const response = await call(test, operation, bearer(TOKEN));
    t.strictSame(breaches(operationId, response), []);
    t.equal(response.statusCode, operationId === 'whipOptions' ? 409 : 204, 'camera "road" takes no publisher');
  }
});

t.test('what every operation that looks at a token may answer for it is in the contract', async t => {
  for (const { operationId, responses } of checked)
    t.strictSame(
      ['401', '403', '429', '503'].filter(status => !(status in responses)),
      [],
      operationId,
    );
  const server = await keyServer(t, keySet({ a: KEYS.RS256.publicKey }));
  server.answer = response => response.writeHead(500).end();
  const jwt = [{ name: 'id', key: { jwks: server.url.href } }];
  const away = await testApp(t, 5, { access: { jwt, requireTokenOnSessions: true } });
  const token = await sign('RS256', KEYS.RS256.privateKey, {}, { kid: 'a' });
  const guessed = await testApp(t, 5, {
    access: { requireTokenOnSessions: true },
    limits: { wrongTokensPerMinute: 1 },
  });
  t.equal((await guessed.app.inject({ url: '/api/v1/system', headers: bearer('wrong') })).statusCode, 401);
  for (const operation of checked) {
    const { operationId } = operation;
    for (const [response, status, code] of [
      [await call(away, operation, bearer(token)), 503, 'keys-unavailable'],
      [await call(guessed, operation, bearer(TOKEN)), 429, 'too-many-requests'],
    ] as const) {
      t.strictSame(problemBreaches(response, status, code), [], operationId);
      t.strictSame(breaches(operationId, response), []);
      t.match(response.headers['retry-after'], /^[1-9]\d*$/, operationId);
    }
  }
});

t.test('every operation that changes something is limited, whoever asks, and says so in the contract', async t => {
  const limited = operations.filter(({ method }) => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method));
  t.ok(limited.length >= 9, limited.map(({ operationId }) => operationId).join(', '));
  const test = await testApp(t, 5, { limits: { requestsPerMinute: 1 } });
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) await test.app.inject({ method, url: '/nowhere' });
  for (const operation of limited) {
    const { operationId } = operation;
    const response = await call(test, operation, bearer(TOKEN));
    t.strictSame(problemBreaches(response, 429, 'too-many-requests'), [], operationId);
    t.strictSame(breaches(operationId, response), []);
    t.match(response.headers['retry-after'], /^[1-9]\d*$/, operationId);
  }
});
