import type { ServerResponse } from 'node:http';
import t from 'tap';
import { listen } from '../../src/receiver/server-events.js';
import { type FakeServer, startFakeServer } from '../helpers/fake-server.js';
import { until } from '../helpers/server.js';

interface Listening {
  server: FakeServer;
  /** Events so far, in order. */
  events: (boolean | 'gone')[];
  abort: AbortController;
  /** Resolves when it has stopped listening. */
  over: Promise<void>;
}

/** Listens to a server that creates a stream of events, which the test scripts. */
async function listening(
  t: { teardown(close: () => void): void },
  stream: (response: ServerResponse) => void,
  location: string | null = '/events/1',
): Promise<Listening> {
  const server = await startFakeServer(t, (request, response) => {
    if (request.method === 'POST') response.writeHead(201, location === null ? {} : { Location: location }).end();
    else stream(response);
  });
  const abort = new AbortController();
  t.teardown(() => abort.abort());
  const events: Listening['events'] = [];
  const over = listen({
    url: new URL('/events', server.url),
    token: 'secret',
    signal: abort.signal,
    onActive: active => events.push(active),
    onGone: () => events.push('gone'),
  });
  return { server, events, abort, over };
}
const open = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });

t.test('events are received, and none after the abort', async t => {
  const { server, events, abort, over } = await listening(t, response =>
    open(response).write(
      ': hello\n\nevent: inactive\ndata: {}\n\nevent: viewercount\ndata: 3\n\nevent:active\ndata:\n\n',
    ),
  );
  await until('both', () => events.length === 2);
  t.match(server.heard, [
    { method: 'POST', path: '/events', body: '["active","inactive"]', headers: { authorization: 'Bearer secret' } },
    { method: 'GET', path: '/events/1', headers: { accept: 'text/event-stream', authorization: 'Bearer secret' } },
  ]);
  abort.abort();
  await over;
  t.strictSame(events, [false, true], 'an abort is not reported');
});

t.test('chunked events, with each kind of line end', async t => {
  for (const end of ['\n', '\r\n', '\r']) {
    const { events, over } = await listening(t, response => {
      const text = `event: inactive${end}data: ü${end}${end}event: active${end}data: x${end}${end}`;
      open(response);
      const bytes = [...Buffer.from(text)];
      const next = (): void => {
        const byte = bytes.splice(0, 3);
        if (byte.length === 0) response.end();
        else response.write(Buffer.from(byte), () => setImmediate(next));
      };
      next();
    });
    await over;
    t.strictSame(events, [false, true, 'gone'], JSON.stringify(end));
  }
});

t.test('an endless line is not buffered, and ignored', async t => {
  const { events, over } = await listening(t, response => {
    open(response).write('event: active');
    for (let i = 0; i < 40; i++) response.write('x'.repeat(100_000));
    response.end('\nevent: inactive\n\n');
  });
  const before = process.memoryUsage().heapUsed;
  await over;
  t.strictSame(events, [false, 'gone']);
  t.ok(process.memoryUsage().heapUsed - before < 100_000_000);
});

t.test('a server that dies is reported once', async t => {
  const { server, events, over } = await listening(t, response => void open(response).write('event: active\n\n'));
  await until('it is active', () => events.length === 1);
  server.close();
  await over;
  t.strictSame(events, [true, 'gone']);
});

t.test('a missing event stream is no failure', async t => {
  for (const [name, stream, location] of [
    ['no Location', open, null],
    ['an invalid URL', open, 'http://['],
    ['404', (response: ServerResponse) => void response.writeHead(404).end('event: active\n\n'), '/events/1'],
    ['204', (response: ServerResponse) => void response.writeHead(204).end(), '/events/1'],
    ['nothing', (response: ServerResponse) => void response.destroy(), '/events/1'],
  ] as const) {
    const { events, over } = await listening(t, stream, location);
    await over;
    t.strictSame(events, [], name);
  }
});

t.test('the token is not sent to another server', async t => {
  const other = await startFakeServer(t, (_, response) => void open(response).end('event: active\n\n'));
  const { events, over } = await listening(t, open, `${other.url}events`);
  await over;
  t.strictSame(events, [true, 'gone']);
  t.equal(other.heard[0]?.path, '/events');
  t.equal(other.heard[0]?.headers.authorization, undefined);
});
