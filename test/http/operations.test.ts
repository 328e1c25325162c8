import Fastify from 'fastify';
import t from 'tap';
import { WebSocket } from 'ws';
import { readContract } from '../../src/contract/contract.js';
import type { Rule } from '../../src/contract/security.js';
import { type Access, NOBODY } from '../../src/domain/access.js';
import { guard } from '../../src/server/http/plugins/access.js';
import { TOKEN, testApp } from '../helpers/app.js';
import { breaches, operations, problemBreaches } from '../helpers/contract.js';
import { everyToken, type Verdict } from '../helpers/every-token.js';
import { KEYS, keyServer, keySet, sign } from '../helpers/jwt.js';
import { bearer, call, issue, PLACES, urlOf } from '../helpers/tokens.js';

t.test('every operation of the contract, however the header is written', async t => {
  const test = await testApp(t, 5, { limits: { wrongTokensPerMinute: 1_000 } });
  t.ok(operations.length >= 11, 'there are operations');
  t.ok(operations.some(({ guarded }) => guarded));
  for (const operation of operations.filter(({ guarded }) => guarded)) {
    const { operationId } = operation;
    for (const authorization of [undefined, '', 'Bearer', 'Bearer ', `Basic ${TOKEN}`, `Bearer x ${TOKEN}`]) {
      const response = await call(test, operation, authorization === undefined ? {} : { authorization });
      t.strictSame(problemBreaches(response, 401, 'unauthorized'), [], `${operationId} with ${authorization}`);
      t.strictSame(breaches(operationId, response), []);
      t.equal(response.headers['www-authenticate'], 'Bearer', 'no error without a token');
      t.notMatch(response.body, TOKEN);
    }
    // Some players send it bare, and by RFC 9110 §11.1 the scheme is case-insensitive.
    for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, TOKEN])
      t.notOk(
        [401, 403].includes((await call(test, operation, { authorization })).statusCode),
        `${operationId} with ${authorization}`,
      );
  }
});

// Operations below a session's URL: the URL is a capability, unless the configuration requires the token too.
const onSessions = operations.filter(({ rule }) => rule.kind === 'session');

const LOOKED_AT = { right: 'right', wrong: 'wrong', forbidden: 'forbidden' } as const;
/** The outcome of each kind of operation with each kind of token; `session` if its URL is enough. */
const ANSWERED: Readonly<Record<Rule['kind'], Readonly<Record<Verdict | 'none', Verdict>>>> = {
  open: { none: 'right', right: 'right', wrong: 'right', forbidden: 'right' },
  session: { none: 'right', right: 'right', wrong: 'right', forbidden: 'right' },
  optional: { none: 'right', ...LOOKED_AT },
  // The operation itself finds what is missing.
  identified: { none: 'right', ...LOOKED_AT, forbidden: 'right' },
  required: { none: 'wrong', ...LOOKED_AT },
};

/** RFC 6750 §3. */
const CHALLENGES: Readonly<Record<Verdict, (withoutToken: boolean, role: string) => RegExp>> = {
  right: () => /^$/,
  wrong: withoutToken =>
    withoutToken ? /^Bearer$/ : /^Bearer error="invalid_token", error_description="The token [^"]+"$/,
  forbidden: (_, role) => new RegExp(`^Bearer error="insufficient_scope", scope="${role}"$`),
};

t.test('every operation of the contract, with every kind of token in every place, is as its rule says', async t => {
  const { access, tokens } = await everyToken();
  const limits = { wrongTokensPerMinute: 1_000_000, requestsPerMinute: 1_000_000 };
  for (const requireTokenOnSessions of [false, true]) {
    const { app } = await testApp(t, 1_000, { access: { ...access, requireTokenOnSessions }, limits });
    // The setting does not affect the others.
    for (const { operationId, method, path, rule } of requireTokenOnSessions ? onSessions : operations) {
      const answered = ANSWERED[rule.kind === 'session' && requireTokenOnSessions ? 'required' : rule.kind];
      const found: string[] = [];
      const expectOf = async (name: string, verdict: Verdict | 'none', sent: ReturnType<(typeof PLACES)[string]>) => {
        // HEAD is GET without its body, and no way around it.
        for (const verb of method === 'GET' ? ['GET', 'HEAD'] : [method]) {
          const response = await app.inject({ method: verb as 'GET', ...sent });
          const { statusCode, body, headers } = response;
          const is = statusCode === 401 ? 'wrong' : statusCode === 403 ? 'forbidden' : 'right';
          const wrong = [
            ...(is === answered[verdict] ? [] : [String(statusCode)]),
            ...(tokens.some(({ token }) => body.includes(token)) ? ['a token is echoed'] : []),
          ];
          if (verb !== 'HEAD') {
            wrong.push(...breaches(operationId, response));
            if (is === 'wrong') wrong.push(...problemBreaches(response, 401, 'unauthorized'));
            if (is === 'forbidden') wrong.push(...problemBreaches(response, 403, 'forbidden'));
            // A token without any role gets the required role in the answer.
            if (is === 'forbidden' && !body.includes(`\\"${rule.role}\\"`))
              wrong.push(`the role is not named: ${body}`);
          }
          const challenge = String(headers['www-authenticate'] ?? '');
          if (!CHALLENGES[is](name === 'none', rule.role).test(challenge)) wrong.push(`challenge ${challenge}`);
          found.push(...wrong.map(words => `${verb} with ${name}: ${words}`));
        }
      };
      const url = urlOf(path);
      await expectOf('none', 'none', { url, headers: {} });
      for (const { name, token, verdict } of tokens)
        for (const [place, put] of Object.entries(PLACES))
          await expectOf(`${name}, ${place}`, verdict(rule.role, path.includes('{camera}')), put(url, token));
      t.strictSame(found, [], operationId);
    }
  }
});

t.test('WebSockets of the contract, with every kind of token in every place', async t => {
  const { access, tokens } = await everyToken();
  const test = await testApp(t, 5, { access, limits: { wrongTokensPerMinute: 1_000_000 } });
  const origin = await test.listen();
  const sockets = operations.filter(({ responses, guarded }) => guarded && '101' in responses);
  t.ok(sockets.length > 0);
  for (const { operationId, path, rule } of sockets) {
    const found: string[] = [];
    const expectOf = async (name: string, verdict: Verdict, { url, headers }: ReturnType<(typeof PLACES)[string]>) => {
      const status = await upgrade(origin + url, headers);
      if (status !== { right: 101, wrong: 401, forbidden: 403 }[verdict]) found.push(`${name}: ${status}`);
    };
    await expectOf('none', 'wrong', { url: urlOf(path), headers: {} });
    for (const { name, token, verdict } of tokens)
      for (const [place, put] of Object.entries(PLACES))
        await expectOf(`${name}, ${place}`, verdict(rule.role, path.includes('{camera}')), put(urlOf(path), token));
    t.strictSame(found, [], operationId);
  }
});

/** The status of the answer to a WebSocket handshake. */
function upgrade(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace('http', 'ws'), { headers });
    socket.on('open', () => resolve(101));
    socket.on('open', () => socket.terminate());
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('error', error => reject(error));
  });
}

t.test('a route that is neither in the contract nor a page cannot be added, as no rule guards it', async t => {
  const app = Fastify();
  const unused = async () => undefined;
  guard(
    app,
    readContract(),
    // Never called.
    { anonymous: NOBODY } as Access,
    { check: unused, recordValid: () => undefined, recordWrong: unused },
  );
  for (const url of ['/forgotten', '/api/v1/forgotten', '/api/v1/cameras/:camera/forgotten', '/docsx', '/:any'])
    t.throws(() => app.get(url, unused), /neither in the contract nor a page/, url);
  t.throws(() => app.post('/docs/x', unused), /neither in the contract/, 'a page changes nothing');
  for (const url of ['/', '/*', '/docs', '/docs/x', '/api/v1/cameras']) t.doesNotThrow(() => app.get(url, unused), url);
});

/** All operations that check a token, if one is sent or the configuration requires it. */
const checked = operations.filter(({ rule }) => rule.kind !== 'open');

t.test('the operations that the URL of a session allows, and no others', t => {
  t.strictSame(
    onSessions.map(({ operationId }) => operationId).sort(),
    [
      ...['whepDelete', 'whepPatch', 'whepSessionGet', 'whipDelete', 'whipPatch', 'whipSessionGet'],
      ...['whepEvents', 'whepEventsCreate', 'whepEventsDelete'],
    ].sort(),
  );
  t.end();
});

t.test('OPTIONS of an endpoint needs no token, and rejects one that is wrong or has no access', async t => {
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

t.test('every answer to a token is in the contract', async t => {
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

t.test('every operation that changes something is rate-limited, as the contract says', async t => {
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
