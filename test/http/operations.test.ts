import t from 'tap';
import { hashToken, showHash } from '../../src/access/tokens.js';
import { TOKEN, testApp } from '../helpers/app.js';
import { breaches, operations, problemBreaches } from '../helpers/contract.js';
import { KEYS, keyServer, keySet, sign } from '../helpers/jwt.js';
import { bearer, call, issue } from '../helpers/tokens.js';

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

t.test('every operation of the contract with each role, and with each limited to another camera', async t => {
  const roles = ['view', 'publish', 'admin'] as const;
  const everywhere = roles.map(role => ({ role, ...issue(role, { role }) }));
  const elsewhere = roles.map(role => ({ role, ...issue(`${role} arm`, { role, cameras: ['arm'] }) }));
  const here = roles.map(role => ({ role, ...issue(`${role} road`, { role, cameras: ['road'] }) }));
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

// What hangs below a session's URL: the URL is the right to it, unless the configuration demands the token too.
const onSessions = operations.filter(({ rule }) => rule.kind === 'session');

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
  const optional = operations.filter(({ rule, method }) => rule.kind === 'optional' && method === 'OPTIONS');
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
