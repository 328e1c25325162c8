import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { NOT_STARTED } from '../../src/domain/cameras.js';
import { TOKEN, testApp } from '../helpers/app.js';
import { breaches, problemBreaches } from '../helpers/contract.js';

/** A viewer's session over the network, and the URL of its events. */
async function sessionOf(t: Test, viewers = 9) {
  const test = await testApp(t, viewers);
  const origin = await test.listen();
  const made = await test.offer('road');
  const session = String(made.headers.location);
  const events = /<(.*)>/.exec(String(made.headers.link))?.[1] ?? '';
  const post = (body?: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(origin + events, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
  const live = (state: 'live' | 'failed') => test.cameras.update('road', { ...NOT_STARTED, state });
  const [{ id = '' } = {}] = test.sessions.list('active');
  return { ...test, origin, session, events, post, live, id };
}

/** Listens as an EventSource does: without a token. */
async function listenTo(t: Test, url: string) {
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const response = await fetch(url, { headers: { accept: 'text/event-stream' }, signal: stop.signal });
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let over = false;
  const more = async (): Promise<void> => {
    const chunk = await reader?.read().catch(() => ({ done: true, value: undefined }));
    if (!chunk || chunk.done) over = true;
    else text += decoder.decode(chunk.value, { stream: true });
  };
  return {
    response,
    /** Reads until an event or the end. */
    until: async (event: string): Promise<string> => {
      while (!text.includes(event) && !over) await more();
      return text;
    },
    end: async (): Promise<string> => {
      while (!over) await more();
      return text;
    },
    stop: () => stop.abort(),
  };
}

t.test('a stream is created with a list of events, read, and deleted', async t => {
  const { app, events, live, origin, post, sessions } = await sessionOf(t);
  live('live');
  const made = await post('["active","inactive","viewercount"]');
  t.equal(made.status, 201);
  const path = made.headers.get('location') ?? '';
  t.match(path, new RegExp(`^${events}/[\\w-]{16}$`));

  const stream = await listenTo(t, origin + path);
  t.equal(stream.response.status, 200);
  t.match(Object.fromEntries(stream.response.headers), {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  t.match(await stream.until('viewercount'), /^retry: \d+\n\nevent: active\ndata: {}\n\nevent: viewercount\n/);
  live('failed');
  t.match(await stream.until('event: inactive'), 'event: inactive\ndata: {}\n\n');

  const head = await fetch(origin + path, { method: 'HEAD' });
  t.equal(head.status, 200);
  t.match(head.headers.get('content-type'), 'text/event-stream');
  const deleted = await fetch(origin + path, { method: 'DELETE' });
  t.equal(deleted.status, 200);
  await stream.end();
  t.strictSame(problemBreaches(await app.inject(path), 404, 'not-found'), []);
  t.strictSame(problemBreaches(await app.inject({ method: 'DELETE', url: path }), 404, 'not-found'), []);
  t.equal(sessions.viewersOf('road'), 1, 'the session continues');
});

t.test('without a body all events are sent', async t => {
  const { live, origin, post } = await sessionOf(t);
  for (const body of [undefined, '']) {
    const made = await post(body);
    t.equal(made.status, 201);
    const stream = await listenTo(t, origin + made.headers.get('location'));
    live('live');
    await stream.until('event: active');
    live('failed');
    t.match(await stream.until('event: inactive'), 'viewercount');
    stream.stop();
  }
  t.equal((await post(undefined, {})).status, 201, 'nor a Content-Type');
});

t.test('bodies that are not a list of events: 422 or 415, never 400', async t => {
  const { app, events } = await sessionOf(t);
  const ask = (payload: string, type = 'application/json') =>
    app.inject({ method: 'POST', url: events, headers: { 'content-type': type }, payload });
  for (const body of [
    '{',
    '{"active":true}',
    '"active"',
    '[[]]',
    '[""]',
    `["${'x'.repeat(65)}"]`,
    `[${'"a",'.repeat(32)}"a"]`,
    '{"__proto__":1}',
  ]) {
    const response = await ask(body);
    t.strictSame(problemBreaches(response, 422, 'invalid-body'), [], body.slice(0, 30));
    t.strictSame(breaches('whepEventsCreate', response), []);
  }
  t.strictSame(problemBreaches(await ask(`["${'x'.repeat(17_000)}"]`), 413, 'payload-too-large'), []);
  const sdp = await ask('v=0', 'application/sdp');
  t.strictSame(problemBreaches(sdp, 415, 'unsupported-media-type'), []);
  t.equal(sdp.headers['accept-post'], 'application/json');
  t.equal((await ask('["layers","x-new"]')).statusCode, 201, 'unknown events are accepted');
});

t.test('the fifth stream of a session is 429', async t => {
  const { app, events } = await sessionOf(t);
  const ask = () => app.inject({ method: 'POST', url: events });
  for (let n = 0; n < 4; n++) t.strictSame(breaches('whepEventsCreate', await ask()), []);
  const fifth = await ask();
  t.strictSame(problemBreaches(fifth, 429, 'too-many-requests'), []);
  t.strictSame(breaches('whepEventsCreate', fifth), []);
  t.match(fifth.headers['retry-after'], /^[1-9]\d*$/);
});

t.test('URLs: of the session only, no token needed, OPTIONS with the accepted types', async t => {
  const { app, events, publish } = await sessionOf(t);
  const { location } = (await app.inject({ method: 'POST', url: events })).headers;
  const other = String((await publish()).headers.location);
  for (const url of [`${other}/events`, events.replace('road', 'arm'), events.replace(/.\/events/, '/events')])
    t.ok([401, 404].includes((await app.inject({ method: 'POST', url })).statusCode), url);
  t.equal((await app.inject({ method: 'OPTIONS', url: events })).headers['accept-post'], 'application/json');
  t.equal((await app.inject({ method: 'OPTIONS', url: String(location) })).statusCode, 204);
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: events,
    headers: {
      origin: 'https://player.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  });
  t.equal(preflight.statusCode, 204);
  t.match(preflight.headers['access-control-allow-headers'], 'Authorization, Content-Type');
});

t.test('a page of another origin may listen', async t => {
  const { origin, post } = await sessionOf(t);
  const path = (await post()).headers.get('location');
  const response = await fetch(origin + path, { headers: { origin: 'https://player.example' } });
  t.ok(['*', 'https://player.example'].includes(response.headers.get('access-control-allow-origin') ?? ''));
  await response.body?.cancel();
});

t.test('a stream ends with its session; DELETE of the session sends no reconnect', async t => {
  const { app, origin, post, session } = await sessionOf(t);
  const stream = await listenTo(t, origin + (await post()).headers.get('location'));
  await stream.until('viewercount');
  t.equal((await app.inject({ method: 'DELETE', url: session })).statusCode, 200);
  t.notMatch(await stream.end(), 'reconnect');
});

t.test('the worker dies: reconnect, then the end', async t => {
  const { id, origin, post, sessions } = await sessionOf(t);
  const path = (await post()).headers.get('location');
  const stream = await listenTo(t, origin + path);
  await stream.until('viewercount');
  sessions.end(id, 'worker-died', null);
  t.match(await stream.end(), /event: reconnect\ndata: {}\n\n$/);
  t.equal((await fetch(origin + path)).status, 404, 'an EventSource gives up');
});

t.test('the server is stopped: reconnect arrives, and the stream does not hold it up', async t => {
  const { app, origin, post, sessions } = await sessionOf(t);
  const stream = await listenTo(t, origin + (await post()).headers.get('location'));
  await stream.until('viewercount');
  sessions.close();
  await app.close();
  t.match(await stream.end(), 'event: reconnect');
});

t.test('a listener is notified when viewers come and go', async t => {
  const { offer, origin, post } = await sessionOf(t);
  const stream = await listenTo(t, origin + (await post()).headers.get('location'));
  await stream.until('{"viewercount":1}');
  await offer('road');
  await offer('arm');
  await stream.until('{"viewercount":2}');
  stream.stop();
});

t.test('a listener that leaves keeps nothing open', async t => {
  const { app, origin, post, live } = await sessionOf(t);
  const open = () =>
    new Promise<number>((resolve, reject) =>
      app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  const path = (await post()).headers.get('location') ?? '';
  for (let n = 0; n < 5; n++) {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    await new Promise(resolve => socket.once('connect', resolve));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: robot\r\n\r\n`);
    await new Promise(resolve => socket.once('data', resolve));
    socket.destroy();
  }
  live('live');
  // What remains are fetch's own keep-alive connections.
  let count = await open();
  while (count > 2) {
    await new Promise(resolve => setTimeout(resolve, 10));
    live('live');
    count = await open();
  }
  t.pass(`${count} open`);
});

t.test('a listener that does not read is cut off, and its session continues', async t => {
  const { app, id, live, origin, post, sessions } = await sessionOf(t);
  const path = (await post()).headers.get('location') ?? '';
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  t.teardown(() => socket.destroy());
  const closed = new Promise<void>(resolve => {
    app.server.once('request', (_request, response) => response.once('close', () => resolve()));
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: robot\r\n\r\n`);
  await new Promise(resolve => socket.once('readable', resolve));
  socket.pause();
  let over = false;
  void closed.then(() => {
    over = true;
  });
  // The kernel buffers some megabytes before the server notices.
  for (let n = 0; !over; n++) {
    for (let i = 0; i < 2_000; i++) live(i % 2 === 0 ? 'live' : 'failed');
    await new Promise(resolve => setImmediate(resolve));
    if (n > 5_000) throw new Error('it was never cut off');
  }
  t.equal(sessions.get(id).ended, null);
  t.equal((await fetch(`${origin}${path}`, { method: 'HEAD' })).status, 200, 'it may listen again');
});

t.test('a token is accepted too: medooze sends it with the POST', async t => {
  const { post } = await sessionOf(t);
  const made = await post('["active"]', { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` });
  t.equal(made.status, 201);
});
