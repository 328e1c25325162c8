import t from 'tap';
import { readContract } from '../../src/contract/contract.js';
import { type TestApp, testApp } from '../helpers/app.js';

const PREFLIGHT = {
  origin: 'https://player.example',
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,content-type,if-match',
};
const list = (value: unknown): string[] =>
  String(value)
    .toLowerCase()
    .split(/\s*,\s*/);

t.test('players on other origins may send requests', async t => {
  const { app, offer } = await testApp(t);
  // A page learns from the answer to its POST that a camera does not exist; a failed preflight would hide it.
  for (const url of ['/whep/road', '/whep/nowhere', '/whep/road/secret', '/api/v1/cameras']) {
    const { statusCode, headers } = await app.inject({ method: 'OPTIONS', url, headers: PREFLIGHT });
    t.ok([200, 204].includes(statusCode), `${url}: ${statusCode}, without a token`);
    t.ok(['*', PREFLIGHT.origin].includes(String(headers['access-control-allow-origin'])), url);
    for (const method of ['post', 'patch', 'delete', 'options'])
      t.ok(list(headers['access-control-allow-methods']).includes(method), method);
    for (const header of ['authorization', 'content-type', 'if-match'])
      t.ok(list(headers['access-control-allow-headers']).includes(header), header);
    t.notOk(headers['access-control-allow-credentials'], 'no cookies');
  }
  const { headers } = await offer('road', { headers: { origin: PREFLIGHT.origin } });
  t.ok(['*', PREFLIGHT.origin].includes(String(headers['access-control-allow-origin'])));
  for (const header of ['location', 'link', 'etag', 'accept-patch', 'retry-after', 'www-authenticate'])
    t.ok(list(headers['access-control-expose-headers']).includes(header), `a page may read ${header}`);
  const refused = await app.inject({ method: 'POST', url: '/whep/road', headers: { origin: PREFLIGHT.origin } });
  t.equal(refused.statusCode, 401);
  t.ok(refused.headers['access-control-allow-origin'], 'a page can read why it was refused');
});

t.test('pages have a security policy, without parts that need HTTPS', async t => {
  const { app } = await testApp(t);
  for (const url of ['/', '/docs/', '/healthz', '/nowhere', '/api/v1/cameras']) {
    const { headers } = await app.inject(url);
    const policy = String(headers['content-security-policy']);
    t.match(policy, /default-src 'self'/, url);
    t.match(policy, /object-src 'none'/, url);
    t.notMatch(policy, /upgrade-insecure-requests|unsafe-eval/, url);
    t.notOk(headers['strict-transport-security'], url);
    t.equal(headers['x-content-type-options'], 'nosniff', url);
  }
});

/** A page and everything that it loads, recursively. */
async function load(
  app: TestApp['app'],
  page: string,
): Promise<Map<string, { status: number; type: string; body: string }>> {
  const loaded = new Map<string, { status: number; type: string; body: string }>();
  const queue = [page];
  for (let url = queue.pop(); url !== undefined; url = queue.pop()) {
    if (loaded.has(url)) continue;
    const { statusCode, headers, body } = await app.inject(url);
    const type = String(headers['content-type']).split(';')[0] ?? '';
    loaded.set(url, { status: statusCode, type, body });
    const found =
      type === 'text/html'
        ? body.matchAll(/<(?:script|link|img)\b[^>]*\b(?:src|href)="([^"]+)"/g)
        : url.endsWith('.js') && body.length < 100_000
          ? body.matchAll(/(?:\bfrom|^import) '(\.[^']+)'/gm)
          : type === 'text/css'
            ? body.matchAll(/@import (?:url\()?['"]([^'"]+)/g)
            : [];
    for (const [, reference = ''] of found)
      if (!/^(data|blob|https?):/.test(reference)) queue.push(new URL(reference, `http://robot${url}`).pathname);
  }
  return loaded;
}

t.test('the dashboard is served with everything that it loads', async t => {
  const { app } = await testApp(t);
  const loaded = await load(app, '/');
  t.ok(loaded.size > 10, `${loaded.size} files`);
  for (const [url, { status, type, body }] of loaded) {
    t.equal(status, 200, url);
    if (url.endsWith('.js')) t.match(type, /javascript/, `${url}: a module of another type does not run`);
    if (url.endsWith('.css')) t.equal(type, 'text/css', url);
    if (type === 'text/html')
      t.notMatch(body, /<script(?![^>]*\bsrc=)|\son\w+="|style="/, 'nothing violates the policy');
  }
});

t.test('the docs are served, with the contract that the API serves', async t => {
  const { app } = await testApp(t);
  const loaded = await load(app, '/docs/');
  for (const [url, { status }] of loaded) t.equal(status, 200, url);
  t.ok(loaded.size > 3, `${loaded.size} files`);
  t.notMatch(loaded.get('/docs/')?.body ?? '', /<script(?![^>]*\bsrc=)/, 'no script violates the policy');
  t.match((await app.inject('/docs')).statusCode, /200|30\d/);
  const contract = await app.inject('/docs/json');
  t.strictSame(contract.json(), readContract());
});
