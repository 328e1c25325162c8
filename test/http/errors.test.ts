import { Writable } from 'node:stream';
import { pino } from 'pino';
import t from 'tap';
import { testApp } from '../helpers/app.js';
import { operations, problemBreaches } from '../helpers/contract.js';

t.test('a method that a path does not have is 405, with Allow', async t => {
  const { ask, offer } = await testApp(t);
  const secret =
    String((await offer()).headers.location)
      .split('/')
      .at(-1) ?? '';
  for (const path of new Set(operations.map(operation => operation.path))) {
    const has = operations.filter(operation => operation.path === path).map(({ method }) => method);
    const url = path.replace('{camera}', 'road').replace('{session}', 's-1').replace('{secret}', secret);
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter(method => !has.includes(method))) {
      const response = await ask(method, url);
      t.strictSame(problemBreaches(response, 405, 'method-not-allowed'), [], `${method} ${path}`);
      const allow = String(response.headers.allow).split(', ').sort();
      t.strictSame(allow, [...new Set([...has, ...(has.includes('GET') ? ['HEAD'] : [])])].sort(), `Allow of ${path}`);
    }
  }
});

t.test('405 also with a body of an unknown type', async t => {
  const { ask } = await testApp(t);
  for (const [method, url] of [
    ['PATCH', '/whep/road'],
    ['PUT', '/whep/road/secret'],
    ['POST', '/api/v1/system'],
  ] as const) {
    const response = await ask(method, url, { headers: { 'content-type': 'text/nonsense' }, payload: 'x' });
    t.strictSame(problemBreaches(response, 405, 'method-not-allowed'), [], `${method} ${url}`);
  }
});

t.test('an expected failure is logged without a stack', async t => {
  const lines: string[] = [];
  const sink = new Writable({
    write: (line, _encoding, done) => {
      lines.push(String(line));
      done();
    },
  });
  const { engine, offer } = await testApp(t, 1, { logger: pino({ level: 'warn' }, sink) });
  await offer();
  t.equal((await offer()).statusCode, 503);
  t.match(
    lines.map(line => JSON.parse(line)),
    [{ level: 40, msg: 'request not served', code: 'too-many-viewers', address: '127.0.0.1', err: undefined }],
  );
  engine.answersAtOnce = null;
  engine.watch = () => Promise.reject(new Error('a slip'));
  t.equal((await offer('arm')).statusCode, 500);
  t.match(JSON.parse(lines[1] ?? ''), { level: 50, msg: 'request failed', err: { stack: /a slip/ } });
});

t.test('a slow body must arrive within the request timeout', async t => {
  const { headersTimeout, requestTimeout } = (await testApp(t)).app.server;
  t.equal(requestTimeout, 15_000);
  t.ok(headersTimeout < requestTimeout, 'otherwise Node applies one to headers and the other to bodies');
});

t.test('invalid requests', async t => {
  const { ask } = await testApp(t);
  const cases: [string, string, number, string][] = [
    ['GET', '/api/v1/sessions?state=bogus', 400, 'bad-request'],
    ['GET', '/api/v1/sessions?state=', 400, 'bad-request'],
    ['GET', '/api/v1/sessions?state=active&state=ended', 400, 'bad-request'],
    ['GET', '/api/v1/sessions?camera=', 400, 'bad-request'],
    ['GET', `/api/v1/sessions?camera=${'x'.repeat(101)}`, 400, 'bad-request'],
    ['GET', `/api/v1/cameras/${'x'.repeat(101)}`, 404, 'unknown-camera'],
    ['GET', '/api/v1/cameras/%', 400, 'bad-request'],
    ['GET', '/api/v1/cameras/%zz', 400, 'bad-request'],
    ['GET', '/%', 400, 'bad-request'],
    ['GET', '/api/v1/cameras/%C0%AE', 400, 'bad-request'],
    ['GET', '/api/v1/cameras/none', 404, 'unknown-camera'],
    ['GET', '/api/v1/cameras/__proto__', 404, 'unknown-camera'],
    ['GET', '/api/v1/cameras/%00', 404, 'unknown-camera'],
    ['GET', '/api/v1/cameras/road%2F..%2Farm', 404, 'unknown-camera'],
    ['GET', `/api/v1/sessions/${'x'.repeat(100)}`, 404, 'unknown-session'],
    ['GET', '/api/v1/nothing', 404, 'not-found'],
    ['GET', '/api/', 404, 'not-found'],
    ['GET', `/api/v1/cameras/${'x'.repeat(300)}`, 404, 'not-found'],
    ['GET', `/${'x'.repeat(8_000)}`, 404, 'not-found'],
    ['POST', '/', 404, 'not-found'],
    ['GET', '/..%2f..%2fpackage.json', 404, 'not-found'],
    ['GET', '/../../package.json', 404, 'not-found'],
  ];
  for (const [method, url, status, code] of cases) {
    const response = await ask(method, url);
    t.strictSame(problemBreaches(response, status, code), [], `${method} ${url.slice(0, 60)}`);
    t.ok(response.body.length < 1_000, 'the answer has no endless text');
  }
});

t.test('percent-encoding of a name is decoded', async t => {
  const { ask } = await testApp(t);
  t.match((await ask('GET', '/api/v1/cameras/%72oad')).json(), { id: 'road' });
});

t.test('a token in a query is not repeated', async t => {
  const { ask } = await testApp(t);
  for (const url of [
    '/nowhere?token=secret',
    '/api/v1/cameras/%?token=secret',
    '/api/v1/sessions?state=x&token=secret',
  ]) {
    const response = await ask('GET', url);
    t.ok(response.statusCode >= 400);
    t.notMatch(response.body, 'secret', url);
  }
});

t.test('a problem names what to do', async t => {
  const { ask } = await testApp(t);
  t.match((await ask('GET', '/api/v1/cameras/none')).json(), { detail: '"none"', remedy: 'road, arm' });
  t.match((await ask('GET', '/api/v1/sessions?state=bogus')).json(), { detail: /state.*(active|allowed)/ });
  t.match((await ask('GET', '/nowhere')).json(), { detail: 'GET /nowhere', remedy: '/docs' });
});
