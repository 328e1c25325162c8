import { writeFileSync } from 'node:fs';
import t from 'tap';
import { stringify } from 'yaml';
import type { Problem } from '../../src/domain/contract.js';
import { testApp } from '../helpers/app.js';
import { configuredServer } from '../helpers/config-store.js';
import { breaches, problemBreaches } from '../helpers/contract.js';
import { bearer, issue } from '../helpers/tokens.js';

const json = (payload: object, more: Record<string, string> = {}) => ({
  payload: JSON.stringify(payload),
  headers: { 'content-type': 'application/json', ...more },
});

t.test('a camera is added, configured, changed and removed, each as in the contract', async t => {
  const { ask, engine } = await testApp(t);
  const added = await ask('POST', '/api/v1/cameras', json({ id: 'new', source: 'test', name: 'New' }));
  t.equal(added.statusCode, 201);
  t.strictSame(breaches('createCamera', added), []);
  t.equal(added.headers.location, '/api/v1/cameras/new');
  t.match(added.json(), { id: 'new', name: 'New', settings: { bitrate: 1_000_000 } });
  const etag = String(added.headers.etag);
  t.match(etag, /^"[\w-]{22}"$/);
  t.equal((await ask('GET', '/api/v1/cameras/new')).headers.etag, etag);

  const replaced = await ask('PUT', '/api/v1/cameras/new', json({ source: 'whip' }, { 'if-match': etag }));
  t.strictSame([replaced.statusCode, breaches('replaceCamera', replaced)], [200, []]);
  t.match(replaced.json(), { name: 'new', source: 'whip', links: { whip: '/whip/new' } });
  t.not(replaced.headers.etag, etag);

  for (const type of ['application/merge-patch+json', 'application/json; charset=utf-8']) {
    const patched = await ask('PATCH', '/api/v1/cameras/new', json({ width: 320 }, { 'content-type': type }));
    t.strictSame([patched.statusCode, breaches('patchCamera', patched)], [200, []], type);
    t.match(patched.json(), { settings: { width: 320, height: 480 } });
  }
  const removed = await ask('DELETE', '/api/v1/cameras/new', { headers: { 'if-match': '*' } });
  t.strictSame([removed.statusCode, removed.body], [204, '']);
  t.strictSame(problemBreaches(await ask('GET', '/api/v1/cameras/new'), 404, 'unknown-camera'), []);
  t.strictSame(engine.done.slice(-4), ['add new', 'change new', 'change new', 'remove new']);
});

t.test('invalid edits are refused with a precise problem', async t => {
  const { ask, cameras } = await testApp(t);
  const stale = { 'if-match': '"another"' };
  const cases: [
    operation: string,
    method: string,
    id: string | null,
    body: object,
    headers: Record<string, string>,
    status: number,
    code: string,
    words: RegExp,
  ][] = [
    ['createCamera', 'POST', null, { id: 'road', source: 'test' }, {}, 409, 'camera-exists', /"road"/],
    ['createCamera', 'POST', null, { source: 'test' }, {}, 422, 'invalid-body', /it lacks the key "id"/],
    ['createCamera', 'POST', null, { id: 'a b', source: 'test' }, {}, 422, 'invalid-body', /id is "a b"/],
    ['createCamera', 'POST', null, { id: 'x', source: 'gst:fakesrc' }, {}, 422, 'invalid-body', /launch line/],
    [
      'createCamera',
      'POST',
      null,
      { id: 'x', source: 'test', width: '640' },
      {},
      422,
      'invalid-body',
      /width is "640"; it must be of type integer/,
    ],
    ['replaceCamera', 'PUT', 'road', {}, {}, 422, 'invalid-body', /it lacks the key "source"/],
    [
      'replaceCamera',
      'PUT',
      'road',
      { source: 'test', fps: 1 },
      {},
      422,
      'invalid-body',
      /fps is not a known key; .*framerate/,
    ],
    ['replaceCamera', 'PUT', 'none', { source: 'test' }, {}, 404, 'unknown-camera', /"none"/],
    ['replaceCamera', 'PUT', 'road', { source: 'test' }, stale, 412, 'camera-changed', /"road"/],
    [
      'patchCamera',
      'PATCH',
      'road',
      { width: 641 },
      {},
      422,
      'invalid-body',
      /^width is 641; it must be multiple of 2/,
    ],
    ['patchCamera', 'PATCH', 'road', [], {}, 422, 'invalid-body', /it is \[\]; it must be of type object/],
    [
      'patchCamera',
      'PATCH',
      'road',
      { bitrate: 2_000_000 },
      { 'if-match': 'W/"x", "y"' },
      412,
      'camera-changed',
      /"road"/,
    ],
    ['patchCamera', 'PATCH', 'road', { source: 'http://u:secret@h/' }, {}, 422, 'invalid-body', /http:\/\/u:\*\*\*@h/],
    ['deleteCamera', 'DELETE', 'road', {}, stale, 412, 'camera-changed', /"road"/],
    ['deleteCamera', 'DELETE', 'none', {}, {}, 404, 'unknown-camera', /"none"/],
  ];
  const before = JSON.stringify(cameras.list());
  for (const [operation, method, id, body, headers, status, code, words] of cases) {
    const url = id === null ? '/api/v1/cameras' : `/api/v1/cameras/${id}`;
    const response = await ask(method, url, method === 'DELETE' ? { headers } : json(body, headers));
    t.strictSame(problemBreaches(response, status, code), [], `${method} ${JSON.stringify(body)}`);
    t.strictSame(breaches(operation, response), []);
    t.match(response.json().detail, words);
    t.notMatch(response.body, 'secret');
  }
  for (const payload of ['{', '', '{"__proto__": {"source": "test"}}', 'null', `{"source": "${'x'.repeat(20_000)}"}`]) {
    const response = await ask('PUT', '/api/v1/cameras/road', { ...json({}), payload });
    t.ok([413, 422].includes(response.statusCode), `${payload.slice(0, 20)}: ${response.statusCode}`);
  }
  t.equal(
    (await ask('PATCH', '/api/v1/cameras/road', { payload: 'a', headers: { 'content-type': 'text/plain' } })).headers[
      'accept-patch'
    ],
    'application/merge-patch+json, application/json',
  );
  t.equal(JSON.stringify(cameras.list()), before);
});

t.test('the bitrate of a passthrough stream cannot be set', async t => {
  const { ask, cameras } = await testApp(t);
  const status = { ...(await import('../../src/domain/cameras.js')).NOT_STARTED, state: 'live' as const };
  cameras.update('road', { ...status, passthrough: { active: true, reason: 'as it is' } });
  const patch = (body: object) => ask('PATCH', '/api/v1/cameras/road', json(body));
  for (const body of [{ bitrate: 2_000_000 }, { keyframeInterval: 30 }]) {
    const response = await patch(body);
    t.strictSame(problemBreaches(response, 409, 'passthrough'), []);
    t.strictSame(breaches('patchCamera', response), []);
  }
  t.equal((await patch({ name: 'X', width: 320 })).statusCode, 200);
  t.equal((await patch({ bitrate: 2_000_000, passthrough: 'never' })).statusCode, 200);
});

t.test('an admin of one camera can change only that one', async t => {
  const here = issue('of the arm', { role: 'admin', cameras: ['arm', 'new'] });
  const viewer = issue('viewer', { role: 'view' });
  const { ask } = await testApp(t, 5, { access: { tokens: [here.entry, viewer.entry] } });
  const as = (token: string, body: object) => json(body, bearer(token));
  t.equal((await ask('PATCH', '/api/v1/cameras/arm', as(here.token, { width: 320 }))).statusCode, 200);
  t.equal((await ask('PATCH', '/api/v1/cameras/road', as(here.token, { width: 320 }))).statusCode, 403);
  const other = await ask('POST', '/api/v1/cameras', as(here.token, { id: 'other', source: 'test' }));
  t.strictSame(problemBreaches(other, 403, 'forbidden'), []);
  t.equal((await ask('PATCH', '/api/v1/cameras/arm', as(viewer.token, { width: 320 }))).statusCode, 403);
});

t.test('a source is set by an admin of all cameras, or listed in access.sources', async t => {
  const [some, all] = [issue('some', { role: 'admin', cameras: ['arm', 'new'] }), issue('all', { role: 'admin' })];
  const access = { tokens: [some.entry, all.entry] };
  const cameras = { arm: { source: 'rtsp://u:secret@192.0.2.7/s' }, road: { source: 'v4l2:/dev/video0' } };
  const limits = { requestsPerMinute: 1_000_000 };
  const { ask, engine, file, config } = await configuredServer(t, stringify({ limits, access, cameras }));
  const as = ({ token }: typeof some) => bearer(token);
  const path = '/api/v1/cameras/arm';
  const refused = async (operation: string, response: Response) => {
    const { headers } = response;
    const answer = { statusCode: response.status, headers: Object.fromEntries(headers), body: await response.text() };
    t.strictSame(problemBreaches(answer, 403, 'forbidden'), [], operation);
    t.strictSame(breaches(operation, answer), []);
    return JSON.parse(answer.body) as Problem;
  };
  const before = engine.done.length;
  for (const source of ['file:/etc/passwd', 'v4l2:/dev/video0', 'rtsp://127.0.0.1:22/', 'rtsp://192.0.2.7/s', 'test']) {
    await refused('patchCamera', await ask('PATCH', path, { source }, as(some)));
    await refused('replaceCamera', await ask('PUT', path, { source, width: 320 }, as(some)));
    await refused('createCamera', await ask('POST', '/api/v1/cameras', { id: 'new', source }, as(some)));
  }
  const secret = await refused('patchCamera', await ask('PATCH', path, { source: 'rtsp://a:pass@h/' }, as(some)));
  t.match(secret, { detail: /camera "arm".*rtsp:\/\/a:\*\*\*@h/, remedy: /access\.sources/ });
  t.equal(engine.done.length, before, 'nothing was changed');

  const own = { source: 'rtsp://u:***@192.0.2.7/s', width: 320 };
  t.equal((await ask('PUT', path, own, as(some))).status, 200, 'its source as shown counts as unchanged');
  t.equal((await ask('PATCH', path, { height: 240 }, as(some))).status, 200);
  t.equal((await ask('POST', '/api/v1/cameras', { id: 'x', source: 'test' }, as(all))).status, 201);

  const sources = ['rtsp://192.0.2.*/*', 'file:/srv/videos/*'];
  writeFileSync(file, stringify({ limits, access: { ...access, sources }, cameras }));
  await config.reload({ forced: true });
  for (const source of ['rtsp://u:secret@192.0.2.9/x', 'file:/srv/videos/a.mp4']) {
    t.equal((await ask('PATCH', path, { source }, as(some))).status, 200, source);
    t.equal((await ask('POST', '/api/v1/cameras', { id: 'new', source }, as(some))).status, 201, source);
    t.equal((await ask('DELETE', '/api/v1/cameras/new', undefined, as(some))).status, 204);
  }
  for (const source of ['file:/srv/videos/../secret.mp4', 'rtsp://192.0.2.9:22/', 'v4l2:/dev/video0', 'whip'])
    await refused('patchCamera', await ask('PATCH', path, { source }, as(some)));
  t.equal((await ask('PATCH', path, { source: 'v4l2:/dev/video1' }, as(all))).status, 200, 'an admin of all cameras');
});
