import type { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { NOT_STARTED } from '../../src/domain/cameras.js';
import type { EndReason, Session } from '../../src/domain/contract.js';
import { EventBus } from '../../src/domain/events.js';
import { EventStreams } from '../../src/server/http/event-streams.js';
import { keptLog } from '../helpers/quiet-log.js';
import { failureOf } from '../helpers/sessions.js';

const session = (id: string, reason: EndReason): Session => ({
  id,
  camera: 'road',
  protocol: 'whep',
  state: 'ended',
  createdAt: '2026-01-31T12:00:00.000Z',
  connectedAt: null,
  client: { address: '192.0.2.9', userAgent: null },
  stats: null,
  ended: { at: '2026-01-31T12:00:01.000Z', reason, detail: null },
});

function setUp(t: Test, live = false, times = {}) {
  const events = new EventBus(keptLog());
  const now = { live, viewers: 1 };
  const streams = new EventStreams({
    events,
    isActive: () => now.live,
    viewersOf: () => now.viewers,
    heartbeatMs: 60_000,
    viewerCountMs: 1,
    ...times,
  });
  streams.start();
  t.teardown(() => streams.close());
  const camera = (state: 'live' | 'failed' | 'waiting', id = 'road') => {
    now.live = state === 'live';
    events.emit('cameraChanged', { camera: id, status: { ...NOT_STARTED, state } });
  };
  const viewers = (count: number) => {
    now.viewers = count;
    events.emit('viewersChanged', { camera: 'road', viewers: count });
  };
  const end = (reason: EndReason, id = 's-1') => events.emit('sessionEnded', { session: session(id, reason) });
  /** Events sent since the last call, one a line: `active {}`. */
  const read = (body: Readable): string[] =>
    [...String(body.read() ?? '').matchAll(/event: (.*)\ndata: (.*)\n\n/g)].map(([, name, data]) => `${name} ${data}`);
  const listen = (types?: string[]) => {
    const id = streams.create('s-1', 'road', types);
    const dropped = { times: 0 };
    const body = streams.listen('s-1', id, () => dropped.times++);
    return { id, body, dropped };
  };
  return { streams, now, camera, viewers, end, read, listen };
}

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await new Promise(resolve => setTimeout(resolve, 2));
};

t.test('a new listener is sent the current state', async t => {
  const living = setUp(t, true);
  t.strictSame(living.read(living.listen().body), ['active {}', 'viewercount {"viewercount":1}']);
  const dark = setUp(t);
  t.strictSame(dark.read(dark.listen().body), ['viewercount {"viewercount":1}'], 'no inactive at the start');
});

t.test('a camera that is lost and returns: one event each, however often its status is repeated', async t => {
  const { camera, read, listen } = setUp(t, true);
  const { body } = listen();
  read(body);
  for (const state of ['live', 'live', 'failed', 'waiting', 'failed', 'live'] as const) camera(state);
  t.strictSame(read(body), ['inactive {}', 'active {}']);
  camera('failed', 'arm');
  t.strictSame(read(body), [], 'nothing of another camera');
});

t.test('only the requested events are sent', async t => {
  const { camera, end, read, listen, viewers } = setUp(t, true);
  const { body } = listen(['inactive', 'layers', '__proto__']);
  camera('failed');
  camera('live');
  viewers(7);
  end('worker-died');
  t.strictSame(read(body), ['inactive {}']);
});

t.test('changes of the number of viewers are batched', async t => {
  const { read, listen, viewers } = setUp(t);
  const { body } = listen();
  read(body);
  for (const count of [2, 3, 2, 5]) viewers(count);
  t.strictSame(read(body), []);
  let heard: string[] = [];
  await until(() => {
    heard = [...heard, ...read(body)];
    return heard.length > 0;
  });
  t.strictSame(heard, ['viewercount {"viewercount":5}']);
});

t.test('a listener that reconnects is sent what has changed, and the first connection ends', async t => {
  const { camera, read, listen, streams } = setUp(t, true);
  const { id, body } = listen();
  read(body);
  const ended = new Promise(resolve => body.once('end', resolve));
  camera('failed');
  const again = streams.listen('s-1', id, () => undefined);
  t.strictSame(read(again), ['inactive {}', 'viewercount {"viewercount":1}']);
  t.strictSame(read(body), ['inactive {}']);
  body.resume();
  await ended;
  again.destroy();
  await new Promise(resolve => again.once('close', resolve));
  camera('live');
  t.strictSame(read(streams.listen('s-1', id, () => undefined)), ['active {}', 'viewercount {"viewercount":1}']);
});

t.test('the end of the session: reconnect if a new one may help, then the end', async t => {
  const helps: Record<EndReason, boolean> = {
    'worker-died': true,
    'camera-failed': true,
    'sending-failed': true,
    'publisher-left': true,
    'ice-failed': true,
    'rtcp-timeout': true,
    shutdown: true,
    'camera-removed': false,
    'client-delete': false,
    'peer-closed': false,
    'api-delete': false,
    'connect-timeout': false,
    'dtls-failed': false,
    'request-aborted': false,
    takeover: false,
    renegotiated: false,
    'protocol-error': false,
    'no-viewers': false,
  };
  for (const [reason, reconnects] of Object.entries(helps) as [EndReason, boolean][]) {
    const { end, read, listen, streams } = setUp(t);
    const { id, body } = listen();
    read(body);
    end(reason, 's-2');
    t.strictSame(read(body), [], 'of another session');
    end(reason);
    t.strictSame(read(body), reconnects ? ['reconnect {}'] : [], reason);
    t.equal(body.read(), null);
    t.match(await failureOf(() => streams.check('s-1', id)), { code: 'not-found' });
  }
});

t.test('a session has four streams; one that is deleted makes room', async t => {
  const { listen, streams } = setUp(t);
  const made = [1, 2, 3, 4].map(() => listen());
  t.equal(new Set(made.map(({ id }) => id)).size, 4);
  t.match(await failureOf(() => streams.create('s-1', 'road')), { code: 'too-many-requests', retryAfter: Number });
  streams.create('s-2', 'road');
  const [{ id, body } = listen()] = made;
  const ended = new Promise(resolve => body.once('end', resolve));
  body.resume();
  streams.remove('s-1', id);
  await ended;
  t.match(await failureOf(() => streams.remove('s-1', id)), { code: 'not-found' });
  t.match(await failureOf(() => streams.listen('s-1', id, () => undefined)), { code: 'not-found' });
  t.match(await failureOf(() => streams.check('s-2', made[1]?.id ?? '')), { code: 'not-found' }, "another session's");
  streams.create('s-1', 'road');
});

t.test('a client that does not read is dropped before much is buffered', async t => {
  const { camera, listen } = setUp(t);
  const { body, dropped } = listen();
  let events = 0;
  while (dropped.times === 0 && events < 10_000) camera(events++ % 2 === 0 ? 'live' : 'failed');
  t.ok(events > 100 && events < 10_000, `${events} events`);
  t.ok(body.readableLength < 17_000, `${body.readableLength} bytes`);
});

t.test('a comment keeps the connection alive', async t => {
  const { listen } = setUp(t, false, { heartbeatMs: 3 });
  const { body } = listen([]);
  let text = '';
  await until(() => {
    text += String(body.read() ?? '');
    return text.endsWith('\n:\n\n:\n\n');
  });
  t.match(text, /^retry: \d+\n\n(:\n\n)+$/);
});

t.test('starting and closing twice have no effect, and a closed stream is silent', async t => {
  const { camera, listen, streams, read, viewers } = setUp(t);
  const { body } = listen();
  streams.start();
  viewers(2);
  read(body);
  streams.close();
  streams.close();
  camera('live');
  viewers(9);
  t.strictSame(read(body), []);
});
