import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readOffer } from '../helpers/fixtures.js';
import { listenTo } from '../helpers/live-events.js';
import { startServer, type TestServer, until } from '../helpers/server.js';
import { issue } from '../helpers/tokens.js';

// The log of a real server and its workers: what it has of a request, what it must not have, and how much there is.

const OFFER = readOffer('chromium-156');
const PASSWORD = 'a-password-of-a-camera';
const SECRET = 'the-secret-of-a-turn-server';

interface Line {
  level: number;
  msg: string;
  request?: string;
  session?: string;
  camera?: string;
}

const linesOf = (server: TestServer): Line[] => server.log.map(line => JSON.parse(line) as Line);

async function started(t: Test, config: string, ...args: string[]) {
  const file = join(t.testdir(), 'config.yaml');
  writeFileSync(file, config);
  const server = await startServer('--config', file, ...args);
  t.teardown(() => server.close());
  await until('it can be opened', async () => (await server.camera('front')).state === 'idle');
  const offer = (more: Record<string, string> = {}, path = '/whep/front') =>
    server.fetch(path, { method: 'POST', body: OFFER, headers: { 'Content-Type': 'application/sdp', ...more } });
  return { server, file, offer };
}

/** Sends what is not, or hardly, HTTP; resolves when it is answered or cut off. */
function sendRaw(server: TestServer, text: string): Promise<void> {
  return new Promise(resolve => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
    socket.on('data', () => socket.end());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

t.test('the id of a request is in each of its log lines, of its session, and of the worker', async t => {
  const { server, offer } = await started(t, 'cameras: { front: { source: test } }\n');
  const response = await offer({ 'X-Request-Id': 'ticket-42.a_b' });
  t.equal(response.status, 201);
  t.equal(response.headers.get('x-request-id'), 'ticket-42.a_b');
  const [session] = await server.sessions();
  await server.fetch(response.headers.get('location') ?? '', { method: 'DELETE' });
  const closed = await until('the worker has closed it', () =>
    linesOf(server).find(({ msg }) => msg === 'session closed'),
  );
  t.match(closed, { session: session?.id, camera: 'front', request: 'ticket-42.a_b' });
  const ofSession = linesOf(server).filter(line => line.session === session?.id);
  t.ok(ofSession.length >= 4);
  for (const { msg, request } of ofSession) t.equal(request, 'ticket-42.a_b', msg);
  for (const msg of ['request', 'offer answered', 'session answered', 'session ended', 'session closed'])
    t.ok(
      linesOf(server).some(line => line.msg === msg && line.request === 'ticket-42.a_b'),
      msg,
    );

  const made = new Set<string>();
  for (const wrong of ['', 'a b', 'x'.repeat(65), '{"a":1}', 'ünïcode', undefined]) {
    const { headers } = await server.fetch(
      '/healthz',
      wrong === undefined ? {} : { headers: { 'X-Request-Id': encodeURI(wrong) } },
    );
    const id = headers.get('x-request-id') ?? '';
    t.match(id, /^[0-9a-f]{16}$/, `"${wrong}" is no id`);
    made.add(id);
  }
  t.equal(made.size, 6);
  for (const path of ['/nowhere', '/api/v1/cameras/none', '/%zz', '/whep/front'])
    t.ok((await server.fetch(path)).headers.get('x-request-id'), path);
});

t.test('no secret is in the log, at any level and with any input', async t => {
  const wrong = 'a-token-that-is-wrong';
  const viewer = issue('viewer', { role: 'view' });
  const { server, offer } = await started(
    t,
    [
      'cameras:',
      '  front: { source: test }',
      `  door: { source: 'rtsp://user:${PASSWORD}@127.0.0.1:1/live' }`,
      'ice:',
      '  servers:',
      `    - { urls: ['turn:127.0.0.1:1?transport=udp'], secret: ${SECRET} }`,
      `access: { tokens: [${JSON.stringify(viewer.entry)}] }`,
      '',
    ].join('\n'),
    '--log-level',
    'trace',
  );
  const { token } = server;
  const session = (await offer()).headers.get('location') ?? '';
  const tokens = [token, wrong, viewer.token];
  for (const secret of tokens) {
    for (const path of [
      `/api/v1/cameras?token=${secret}`,
      `/api/v1/cameras?access_token=${secret}`,
      `/t/${secret}/api/v1/cameras`,
      `/t/${secret}/whep/front`,
      `/t/${secret}/%zz`,
      `/t/${secret}`,
      `/t/${secret}/t/${secret}/x`,
      `/%zz?token=${secret}`,
      `/nowhere?token=${secret}`,
      `/?token=${secret}`,
      `/metrics?token=${secret}`,
    ])
      for (const method of ['GET', 'POST', 'PUT', 'OPTIONS'])
        await fetch(new URL(path, server.origin), {
          method,
          headers: { 'X-Request-Id': secret, Referer: `http://x/${secret}` },
        });
    const authorization = `Bearer ${secret}`;
    const json = { authorization, 'Content-Type': 'application/json', 'X-Request-Id': secret };
    await server.fetch('/api/v1/cameras', { method: 'POST', headers: json, body: `{"token": "${secret}"` });
    await server.fetch('/api/v1/cameras', { method: 'POST', headers: json, body: `{"id": "${secret}"}` });
    await server.fetch('/whep/front', {
      method: 'POST',
      headers: { ...json, 'Content-Type': 'application/sdp' },
      body: secret,
    });
    for (const path of [`/api/v1/events?token=${secret}`, `/t/${secret}/api/v1/events`, `/nowhere?token=${secret}`])
      await listenTo(t, `${server.origin}${path}`).then(
        ({ socket }) => socket.send(secret.repeat(9)),
        () => undefined,
      );
    await sendRaw(server, `GET /?token=${secret} NONSENSE/1\r\nAuthorization: Bearer ${secret}\r\n\r\n`);
    await sendRaw(server, `GET / HTTP/1.1\r\nHost: x\r\nAuth orization: ${secret}\r\n\r\n`);
    await sendRaw(server, `GET / HTTP/1.1\r\nHost: x\r\nAuthorization: ${secret}${'x'.repeat(20_000)}\r\n\r\n`);
  }
  await server.fetch('/api/v1/cameras/door/snapshot.jpg');
  await server.fetch('/api/v1/cameras/door', {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/merge-patch+json' },
    body: JSON.stringify({ source: `rtsp://u:${PASSWORD}@127.0.0.1:2/live` }),
  });
  const [, secretOfSession = 'none'] = /^\/whep\/front\/(.+)$/.exec(session) ?? [];
  t.ok(secretOfSession.length > 20);
  await server.fetch(`${session}/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '[]',
  });
  await server.fetch(session, { method: 'DELETE' });
  await until('the worker has closed it', () => linesOf(server).some(({ msg }) => msg === 'session closed'));
  t.ok(
    linesOf(server).some(({ level }) => Number(level) <= 20),
    'there are traces',
  );
  const whole = server.log.join('\n');
  for (const secret of [...tokens, PASSWORD, SECRET, secretOfSession])
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').slice(0, 20)])
      t.notMatch(whole, form, `${secret} is in: ${server.log.find(line => line.includes(form))}`);
  t.notMatch(whole, /"type":"Buffer"/, 'nor as bytes');
});

t.test('the log level of the command line overrides that of the configuration', async t => {
  const config = (level: string): string => `log: { level: ${level} }\ncameras: { front: { source: test } }\n`;
  const { server, file } = await started(t, config('warn'));
  writeFileSync(file, config('error'));
  await until('it is reloaded', () => server.log.some(line => line.includes('configuration reloaded')));
  await server.fetch('/healthz');
  await until('requests are still logged', () => linesOf(server).some(({ msg }) => msg === 'request'));
});
