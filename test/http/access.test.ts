import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { pino } from 'pino';
import t from 'tap';
import { OFFER, TOKEN, testApp } from '../helpers/app.js';
import { breaches, operations, problemBreaches } from '../helpers/contract.js';
import { KEYS, keyServer, keySet, now, pem, sign } from '../helpers/jwt.js';
import { bearer, issue, urlOf } from '../helpers/tokens.js';

t.test('a token without access to a camera does not learn that it exists', async t => {
  const [arm, none] = [
    issue('arm', { role: 'view', cameras: ['arm'] }, { role: 'admin', cameras: ['arm'] }),
    issue('none', { role: 'view', cameras: ['gone'] }),
  ];
  const { app, offer, ask } = await testApp(t, 5, { access: { tokens: [arm.entry, none.entry] } });
  await offer('road');
  await offer('arm');
  const as = (token: string, url: string, method: 'GET' | 'DELETE' | 'OPTIONS' | 'POST' = 'GET') =>
    app.inject({ method, url, headers: bearer(token) });
  const ids = async (token: string, url: string): Promise<string[]> =>
    (await as(token, url)).json().items.map(({ id, camera }: { id: string; camera?: string }) => camera ?? id);
  t.strictSame(await ids(TOKEN, '/api/v1/cameras'), ['road', 'arm', 'phone']);
  t.strictSame(await ids(arm.token, '/api/v1/cameras'), ['arm']);
  t.strictSame(await ids(none.token, '/api/v1/cameras'), []);
  t.strictSame(await ids(TOKEN, '/api/v1/sessions?state=all'), ['road', 'arm']);
  for (const query of ['', '?state=all', '?camera=arm'])
    t.strictSame(await ids(arm.token, `/api/v1/sessions${query}`), ['arm'], query);
  t.strictSame(await ids(arm.token, '/api/v1/sessions?camera=road'), []);

  const [there, notThere] = [await as(arm.token, '/api/v1/cameras/road'), await as(arm.token, '/api/v1/cameras/nope')];
  t.strictSame(problemBreaches(there, 403, 'forbidden'), []);
  t.equal(
    there.body.replaceAll('road', 'nope'),
    notThere.body,
    'the same answer for a camera that exists and one that does not',
  );
  for (const method of ['POST', 'OPTIONS'] as const)
    t.equal(
      (await as(arm.token, '/whep/road', method)).statusCode,
      (await as(arm.token, '/whep/nope', method)).statusCode,
    );

  const [road = '', armSession = ''] = (await ask('GET', '/api/v1/sessions'))
    .json()
    .items.map(({ id }: { id: string }) => id);
  for (const method of ['GET', 'DELETE'] as const) {
    const [foreign, unknown] = [
      await as(arm.token, `/api/v1/sessions/${road}`, method),
      await as(arm.token, '/api/v1/sessions/s-zz', method),
    ];
    t.strictSame(problemBreaches(foreign, 404, 'unknown-session'), []);
    t.equal(foreign.body.replaceAll(road, 's-zz'), unknown.body);
  }
  t.equal((await as(arm.token, `/api/v1/sessions/${armSession}`, 'DELETE')).statusCode, 204);

  const missing = await as(issue('x').token, '/api/v1/cameras/nope');
  t.notMatch(missing.body, /road|arm/);
  const anonymous = await app.inject({ method: 'OPTIONS', url: '/whep/nope' });
  t.notMatch(anonymous.body, /road|arm/, 'nor without a token');
});

t.test('ending a session requires the role for its camera, not just access to it', async t => {
  const mixed = issue('mixed', { role: 'view' }, { role: 'admin', cameras: ['arm'] });
  const { app, offer, ask } = await testApp(t, 5, { access: { tokens: [mixed.entry] } });
  await offer('road');
  const [{ id }] = (await ask('GET', '/api/v1/sessions')).json().items;
  const response = await app.inject({ method: 'DELETE', url: `/api/v1/sessions/${id}`, headers: bearer(mixed.token) });
  t.strictSame(problemBreaches(response, 403, 'forbidden'), []);
  t.strictSame(breaches('deleteSession', response), []);
});

t.test('an expired token is refused with that reason', async t => {
  const { token, entry } = issue('old', { role: 'view' });
  const { app } = await testApp(t, 5, { access: { tokens: [{ ...entry, expires: '2020-01-01T00:00:00Z' }] } });
  const response = await app.inject({ url: '/api/v1/cameras', headers: bearer(token) });
  t.strictSame(problemBreaches(response, 401, 'unauthorized'), []);
  t.match(response.headers['www-authenticate'], 'error_description="The token has expired."');
});

t.test('without a token, if anonymous access is allowed', async t => {
  const { token, entry } = issue('publisher', { role: 'publish' });
  const access = { anonymous: [{ role: 'view' as const, cameras: ['arm'] }], tokens: [entry] };
  const { app } = await testApp(t, 5, { access });
  t.strictSame(
    (await app.inject('/api/v1/cameras')).json().items.map(({ id }: { id: string }) => id),
    ['arm'],
  );
  const offer = { method: 'POST' as const, headers: { 'content-type': 'application/sdp' }, payload: OFFER };
  t.equal((await app.inject({ ...offer, url: '/whep/arm' })).statusCode, 201);
  t.strictSame(problemBreaches(await app.inject({ ...offer, url: '/whep/road' }), 401, 'unauthorized'), []);
  t.equal((await app.inject({ method: 'DELETE', url: '/api/v1/sessions/s-1' })).statusCode, 401);
  const wrong = await app.inject({ url: '/api/v1/cameras', headers: bearer('wrong') });
  t.equal(wrong.statusCode, 401, 'a wrong token is not treated as none');
  t.equal((await app.inject({ url: '/api/v1/cameras', headers: bearer(token) })).statusCode, 403);
});

t.test('JWTs: each algorithm, and a key server that is away', async t => {
  const server = await keyServer(t, keySet({ a: KEYS.RS256.publicKey }));
  const jwt = [
    { name: 'id', key: { jwks: server.url.href }, issuer: 'https://id.example', audience: 'robot-7' },
    { name: 'ed', key: { publicKey: pem(KEYS.EdDSA.publicKey) } },
  ];
  const { app } = await testApp(t, 5, { access: { jwt } });
  const road = { bigfootbot: { role: 'view', cameras: ['road'] }, iss: 'https://id.example', aud: 'robot-7' };
  const get = async (token: string, url = '/api/v1/cameras/road') => app.inject({ url, headers: bearer(token) });
  const token = await sign('RS256', KEYS.RS256.privateKey, road, { kid: 'a' });

  const { answer } = server;
  server.answer = response => response.writeHead(500).end();
  const away = await get(token);
  t.strictSame(problemBreaches(away, 503, 'keys-unavailable'), []);
  t.strictSame(breaches('getCamera', away), []);
  t.match(away.headers['retry-after'], /^[1-9]\d*$/);
  t.match(away.json().detail, 'answered 500');
  t.equal((await get(TOKEN)).statusCode, 200, 'tokens that need no key still work');
  t.equal((await get(await sign('EdDSA', KEYS.EdDSA.privateKey, road))).statusCode, 200);
  server.answer = answer;

  const other = await testApp(t, 5, { access: { jwt } });
  const answers = async (jot: string, url?: string) =>
    (await other.app.inject({ url: url ?? '/api/v1/cameras/road', headers: bearer(jot) })).statusCode;
  t.equal(await answers(token), 200);
  t.equal(await answers(token, '/api/v1/cameras/arm'), 403);
  t.equal(await answers(await sign('RS256', KEYS.RS256.privateKey, { ...road, exp: now() - 3600 })), 401);
  t.equal(await answers(await sign('RS256', KEYS.RS256.privateKey, { ...road, nbf: now() + 3600 })), 401);
  t.equal(await answers(await sign('RS256', KEYS.RS256.privateKey, { ...road, iss: 'x' })), 401);
  t.equal(await answers(await sign('RS256', KEYS.RS256.privateKey, { ...road, aud: 'x' })), 401);
  t.equal(await answers(await sign('RS256', KEYS.otherRS256.privateKey, road)), 401);
  t.equal(await answers(await sign('HS256', pem(KEYS.EdDSA.publicKey), road)), 401);
});

t.test('a token in the URL, for players that cannot send a header', async t => {
  const { token, entry } = issue('player', { role: 'view', cameras: ['road'] });
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: line => void lines.push(line) });
  const { app, sessions } = await testApp(t, 20, { access: { tokens: [entry] }, logger });
  const post = (url: string, headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url, payload: OFFER, headers: { 'content-type': 'application/sdp', ...headers } });
  const own = encodeURIComponent(TOKEN);
  for (const url of [
    `/whep/road?token=${token}`,
    `/whep/road?access_token=${token}`,
    `/whep/road?x=1&token=${own}`,
    `/t/${token}/whep/road`,
    `/t/${own}/whep/road`,
    `http://robot/t/${token}/whep/road`,
    `/t/${token}/whep/road?x=1`,
  ]) {
    const response = await post(url);
    t.strictSame(breaches('whepOffer', response), [], url);
    t.equal(response.statusCode, 201, url);
    t.equal(response.headers['cache-control'], 'no-store', url);
    t.match(response.headers.location, /^\/whep\/road\/[\w-]{32}$/, 'the URL of a session is a capability');
    t.equal((await app.inject({ method: 'DELETE', url: String(response.headers.location) })).statusCode, 200);
  }
  t.equal(sessions.viewersOf('road'), 0);
  t.equal((await app.inject(`/t/${token}/api/v1/cameras`)).statusCode, 200, 'wherever a token is needed');

  t.equal((await post(`/whep/arm?token=${token}`)).statusCode, 403);
  t.equal((await post(`/t/${token}/whep/arm`)).statusCode, 403);
  for (const url of [
    '/whep/road?token=not-mine',
    '/t/not-mine/whep/road',
    '/t/%zz/whep/road',
    '/whep/road?token=a&token=b',
  ]) {
    const response = await post(url);
    t.strictSame(problemBreaches(response, 401, 'unauthorized'), [], url);
  }
  for (const url of [`/T/${token}/t/${token}/whep/road`, `/t//${token}/whep/road`, `/%74/${token}/whep/road`])
    t.equal((await post(url)).statusCode, 404, url);
  t.equal((await post(`/whep/road?token=${token}`, bearer('not-mine'))).statusCode, 401, 'the header takes precedence');
  t.equal((await post('/whep/road?token=not-mine', bearer(token))).statusCode, 201, 'the header takes precedence');
  t.equal((await app.inject(`/t/${token}/api/v1/cameras/%`)).statusCode, 400);
  t.equal((await app.inject(`/t/${token}/nowhere`)).statusCode, 404);
  t.notMatch((await app.inject(`/t/${token}/nowhere`)).body, token);
  t.equal((await app.inject('/healthz')).headers['cache-control'], undefined);

  t.ok(lines.some(line => line.includes('session answered')) && lines.some(line => line.includes('"request"')));
  t.ok(
    lines.some(line => line.includes('"by":"player"')),
    'the log says whose token it was',
  );
  for (const secret of [token, TOKEN, 'not-mine']) t.notMatch(lines.join(''), secret, 'and no token');
});

t.test('a token that sessions require too', async t => {
  const [player, other] = [issue('player', { role: 'view', cameras: ['road'] }), issue('other', { role: 'publish' })];
  const access = { tokens: [player.entry, other.entry], requireTokenOnSessions: true };
  const { app, sessions } = await testApp(t, 20, { access });
  const post = async (url: string, headers: Record<string, string> = {}): Promise<string> =>
    String(
      (
        await app.inject({
          method: 'POST',
          url,
          payload: OFFER,
          headers: { 'content-type': 'application/sdp', ...headers },
        })
      ).headers.location,
    );
  const end = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'DELETE', url, headers });

  const url = await post('/whep/road', bearer(player.token));
  t.match(url, /^\/whep\/road\//, 'the Location for a player that sends a header');
  const without = await end(url);
  t.strictSame(problemBreaches(without, 401, 'unauthorized'), []);
  t.strictSame(breaches('whepDelete', without), []);
  t.equal((await end(url, bearer('wrong'))).statusCode, 401);
  t.strictSame(problemBreaches(await end(url, bearer(other.token)), 403, 'forbidden'), []);
  t.equal(sessions.viewersOf('road'), 1);
  t.equal((await end(url, bearer(player.token))).statusCode, 200);

  for (const endpoint of [`/t/${player.token}/whep/road`, `/whep/road?token=${player.token}`]) {
    const location = await post(endpoint);
    t.ok(location.startsWith(`/t/${player.token}/whep/road/`), 'the URL works unchanged');
    t.equal((await end(location.replace(/^\/t\/[^/]+/, ''))).statusCode, 401);
    t.equal((await end(location)).statusCode, 200);
  }
  t.equal(sessions.viewersOf('road'), 0);
  for (const preflight of [url, '/whep/road'])
    t.ok((await app.inject({ method: 'OPTIONS', url: preflight })).statusCode < 300, 'a preflight has no token');
});

t.test('requests of one address are limited per method', async t => {
  const { app, sessions } = await testApp(t, 50, { limits: { requestsPerMinute: 5 } });
  const post = (remoteAddress: string, headers: Record<string, string> = bearer(TOKEN)) =>
    app.inject({
      method: 'POST',
      url: '/whep/road',
      remoteAddress,
      payload: OFFER,
      headers: { 'content-type': 'application/sdp', origin: 'https://player.example', ...headers },
    });
  for (let n = 0; n < 5; n++) t.equal((await post('192.0.2.1')).statusCode, 201);
  for (const headers of [bearer(TOKEN), { authorization: '' }]) {
    const response = await post('192.0.2.1', headers);
    t.strictSame(problemBreaches(response, 429, 'too-many-requests'), []);
    t.strictSame(breaches('whepOffer', response), []);
    const seconds = Number(response.headers['retry-after']);
    t.ok(seconds >= 1 && seconds <= 60, `Retry-After: ${seconds}`);
    t.ok(response.headers['access-control-allow-origin'], 'a page can read it');
  }
  t.equal(sessions.viewersOf('road'), 5);
  t.equal((await post('192.0.2.2')).statusCode, 201, 'another address');
  const gone = await app.inject({ method: 'DELETE', url: '/whep/road/x', remoteAddress: '192.0.2.1' });
  t.equal(gone.statusCode, 404, 'another method has its own limit');
  for (let n = 0; n < 20; n++)
    t.equal(
      (await app.inject({ url: '/api/v1/cameras', remoteAddress: '192.0.2.1', headers: bearer(TOKEN) })).statusCode,
      200,
      'GET is not limited',
    );
  for (const method of ['PATCH', 'DELETE'] as const) {
    const statuses: number[] = [];
    for (let n = 0; n < 6; n++)
      statuses.push((await app.inject({ method, url: '/whep/road/x', remoteAddress: '192.0.2.9' })).statusCode);
    t.strictSame([statuses.indexOf(429), statuses.at(-1)], [5, 429], method);
  }
  for (let n = 0; n < 5; n++) await post(`2001:db8::${n + 1}`);
  t.equal((await post('2001:db8::99')).statusCode, 429, 'a /64 is one client');
  t.equal((await post('2001:db8:0:1::1')).statusCode, 201);
  t.equal((await post('::ffff:192.0.2.1')).statusCode, 429, 'IPv4 in IPv6 is IPv4');
});

t.test('wrong tokens are limited, and do not lock out a client with the right one', async t => {
  const { app } = await testApp(t, 5, { limits: { wrongTokensPerMinute: 3 } });
  const get = (token: string, remoteAddress: string) =>
    app.inject({ url: '/api/v1/system', headers: bearer(token), remoteAddress });
  t.equal((await get(TOKEN, '192.0.2.1')).statusCode, 200);
  for (const address of ['192.0.2.1', '192.0.2.2'])
    for (let n = 0; n < 3; n++) t.equal((await get(`wrong-${n}`, address)).statusCode, 401);
  const refused = await get('wrong', '192.0.2.1');
  t.strictSame(problemBreaches(refused, 429, 'too-many-requests'), []);
  t.strictSame(breaches('getSystem', refused), []);
  t.ok(Number(refused.headers['retry-after']) >= 1);
  t.equal((await get(TOKEN, '192.0.2.1')).statusCode, 200, 'the client with the right token continues');
  t.equal((await get(TOKEN, '192.0.2.2')).statusCode, 429, 'a client that guesses learns nothing more');
  t.equal((await get(TOKEN, '192.0.2.3')).statusCode, 200, 'another address');
  const none = await app.inject({ url: '/api/v1/system', remoteAddress: '192.0.2.2' });
  t.equal(none.statusCode, 401, 'a missing token is not a guess');
  t.equal((await app.inject({ url: '/healthz', headers: bearer('x'), remoteAddress: '192.0.2.2' })).statusCode, 200);
});

t.test('behind a trusted proxy, clients are distinguished by its X-Forwarded-For', async t => {
  const { app } = await testApp(t, 5, {
    access: { proxies: ['10.0.0.0/24', '::1'] },
    limits: { wrongTokensPerMinute: 3 },
  });
  const status = async (token: string, remoteAddress: string, forwarded: string): Promise<number> => {
    const headers = { ...bearer(token), 'x-forwarded-for': forwarded };
    return (await app.inject({ url: '/api/v1/system', headers, remoteAddress })).statusCode;
  };
  for (let n = 0; n < 3; n++) t.equal(await status(`wrong-${n}`, '10.0.0.1', '192.0.2.1'), 401);
  t.equal(await status(TOKEN, '10.0.0.1', '192.0.2.1'), 429, 'the client that guessed');
  t.equal(await status(TOKEN, '::ffff:10.0.0.1', '192.0.2.1'), 429, 'and through another of the proxies');
  t.equal(await status(TOKEN, '10.0.0.1', '192.0.2.2'), 200, 'another client of the same proxy');
  t.equal(await status(TOKEN, '10.0.0.1', '192.0.2.2, 192.0.2.1'), 429, 'a forged address comes before it');
  t.equal(await status(TOKEN, '10.0.0.1', '192.0.2.1, ::1'), 429, 'a proxy behind a proxy');
  for (let n = 0; n < 3; n++) t.equal(await status(`wrong-${n}`, '192.0.2.9', `192.0.2.${n + 20}`), 401);
  t.equal(await status(TOKEN, '192.0.2.9', '192.0.2.99'), 429, 'not a proxy: its header is ignored');
  for (const nonsense of ['', 'x'.repeat(5_000), '127.0.0.1:80, ,', '"', '[::1'])
    t.equal(await status(TOKEN, '10.0.0.2', nonsense), 200, nonsense.slice(0, 20));
});

t.test('pages of other origins, if only some are allowed', async t => {
  const { app } = await testApp(t, 5, { access: { origins: ['https://a.example', 'http://b.example:8080'] } });
  const allowed = async (origin: string): Promise<unknown> => {
    const preflight = { origin, 'access-control-request-method': 'POST' };
    const { headers } = await app.inject({ method: 'OPTIONS', url: '/whep/road', headers: preflight });
    return headers['access-control-allow-origin'];
  };
  for (const origin of ['https://a.example', 'http://b.example:8080']) t.equal(await allowed(origin), origin);
  for (const origin of ['https://c.example', 'http://a.example', 'https://a.example.evil', 'null', 'http://b.example'])
    t.notOk(await allowed(origin), origin);
});

/** The status of a request whose line is sent verbatim, which no client library does. */
function statusOf(port: number, line: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`${line} HTTP/1.1\r\nHost: robot\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
    );
    let text = '';
    socket.on('data', data => {
      text += data;
    });
    socket.on('end', () => resolve(Number(text.split(' ')[1])));
    socket.on('error', reject);
  });
}

t.test('no spelling of a URL gets around the token', async t => {
  const { app, engine } = await testApp(t, 5, { limits: { wrongTokensPerMinute: 1_000 } });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const spellings: [string, (url: string) => string][] = [
    ['percent-encoded first letter', url => `/%${url.charCodeAt(1).toString(16)}${url.slice(2)}`],
    ['percent-encoded later letter', url => url.replace('p', '%70')],
    ['percent-encoded slash', url => url.replace('/', '%2F')],
    ['percent-encoded twice', url => url.replace('p', '%2570')],
    ['absolute form', url => `http://robot${url}`],
    ['absolute form, encoded', url => `http://robot${url.replace('p', '%70')}`],
    ['two slashes', url => `/${url}`],
    ['dot segment', url => `/.${url}`],
    ['capitals', url => url.toUpperCase()],
    ['trailing slash', url => `${url}/`],
    ['semicolon', url => `${url};x`],
    ['query', url => `${url}?/docs`],
    ['an invalid token in the path', url => `/t/x${url}`],
    ['an empty one', url => `/t/${url}`],
    ['one in the path twice', url => `/t/x/t/y${url}`],
    ['absolute form, one in the path', url => `http://robot/t/x${url}`],
    ['an empty one in the query', url => `${url}?token=&access_token=`],
    ['an object in the query', url => `${url}?token[a]=b&__proto__[token]=c`],
    ['a session behind it', url => `${url}?/whep/road/secret`],
  ];
  for (const { operationId, method, path } of operations.filter(operation => operation.guarded)) {
    for (const [name, spell] of spellings) {
      const status = await statusOf(port, `${method} ${spell(urlOf(path))}`);
      t.ok([400, 401, 404].includes(status), `${operationId}, ${name}: ${status}`);
    }
  }
  t.equal(engine.joins.length, 0);
});

t.test("a session's own URL gives the right to end it, and nothing else", async t => {
  const { app, offer, sessions } = await testApp(t);
  const url = String((await offer()).headers.location);
  for (const [method, status] of [
    ['GET', 204],
    ['POST', 405],
    ['PATCH', 415],
    ['PUT', 405],
  ] as const) {
    const response = await app.inject({ method, url });
    t.equal(response.statusCode, status, method);
    t.notMatch(response.body, url, 'it reveals nothing about the session');
  }
  t.equal(sessions.viewersOf('road'), 1);
  t.equal(
    (await app.inject({ method: 'DELETE', url: url.replace('road', 'arm') })).statusCode,
    404,
    'of another camera',
  );
  t.equal(
    (await app.inject({ method: 'DELETE', url, headers: bearer('expired-meanwhile') })).statusCode,
    200,
    'with any token',
  );
  t.equal(sessions.viewersOf('road'), 0);
  t.strictSame(problemBreaches(await app.inject({ method: 'DELETE', url }), 404, 'unknown-session'), [], 'again');
});

t.test('what is open to everyone', async t => {
  const { app } = await testApp(t);
  const health = await app.inject('/healthz');
  t.strictSame(health.json(), { status: 'ok' });
  t.strictSame(breaches('getHealth', health), []);
  for (const url of ['/', '/docs/']) t.equal((await app.inject(url)).statusCode, 200, url);
});
