import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import t from 'tap';
import { TOKEN, testApp } from '../helpers/app.js';
import { breaches, operations, problemBreaches } from '../helpers/contract.js';

/** A URL of an operation's path. */
const urlOf = (path: string, session = 's-1', secret = 'a-secret'): string =>
  path.replace('{camera}', 'road').replace('{session}', session).replace('{secret}', secret);

t.test('every operation of the contract: without a token, with a wrong one, with the right one', async t => {
  const { app } = await testApp(t);
  t.ok(operations.length >= 11, 'there are operations');
  for (const { operationId, method, path, guarded } of operations) {
    const ask = (authorization?: string) =>
      app.inject({
        method: method as 'GET',
        url: urlOf(path),
        headers: authorization === undefined ? {} : { authorization },
      });
    if (!guarded) {
      t.not((await ask()).statusCode, 401, `${operationId} needs none`);
      continue;
    }
    const wrong = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Bearer wrong',
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.toUpperCase()}`,
      `Basic ${TOKEN}`,
      `Bearer x ${TOKEN}`,
    ];
    for (const authorization of wrong) {
      const response = await ask(authorization);
      t.strictSame(
        problemBreaches(response, 401, 'unauthorized'),
        [],
        `${operationId} with ${authorization ?? 'nothing'}`,
      );
      t.strictSame(breaches(operationId, response), []);
      t.equal(response.headers['www-authenticate'], 'Bearer');
      t.notMatch(response.body, TOKEN);
    }
    // Some players send it bare, and RFC 9110 §11.1 has the scheme in any case.
    for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, TOKEN])
      t.not((await ask(authorization)).statusCode, 401, `${operationId} with ${authorization}`);
  }
});

/** The status of a request whose line is sent as it stands, as no client library would. */
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
  const { app, engine } = await testApp(t);
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
  ];
  for (const { operationId, method, path } of operations.filter(operation => operation.guarded)) {
    for (const [name, spell] of spellings) {
      const status = await statusOf(port, `${method} ${spell(urlOf(path))}`);
      t.ok([400, 401, 404].includes(status), `${operationId}, ${name}: ${status}`);
    }
  }
  t.equal(engine.joins.length, 0);
});

t.test("a session's own URL is the right to end it, and to nothing else", async t => {
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
    t.notMatch(response.body, url, 'it says nothing of the session');
  }
  t.equal(sessions.viewersOf('road'), 1);
  t.equal(
    (await app.inject({ method: 'DELETE', url: url.replace('road', 'arm') })).statusCode,
    404,
    'of another camera',
  );
  t.equal((await app.inject({ method: 'DELETE', url })).statusCode, 200);
  t.equal(sessions.viewersOf('road'), 0);
  t.strictSame(problemBreaches(await app.inject({ method: 'DELETE', url }), 404, 'unknown-session'), [], 'again');
});

t.test('what is open to all', async t => {
  const { app } = await testApp(t);
  const health = await app.inject('/healthz');
  t.strictSame(health.json(), { status: 'ok' });
  t.strictSame(breaches('getHealth', health), []);
  for (const url of ['/', '/docs/']) t.equal((await app.inject(url)).statusCode, 200, url);
});
