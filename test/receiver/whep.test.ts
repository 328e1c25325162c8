import type { ServerResponse } from 'node:http';
import t from 'tap';
import { ReceiveFailure } from '../../src/receiver/failure.js';
import { isPrivate, WhepEndpoint } from '../../src/receiver/whep.js';
import { type FakeServer, failureOf, startFakeServer } from '../helpers/fake-server.js';

const signal = new AbortController().signal;
const EVENTS = 'urn:ietf:params:whep:ext:core:server-sent-events';
const endpointAt = ({ url }: FakeServer): WhepEndpoint => new WhepEndpoint(new URL('/path/whep', url), 'secret');

/** A server that answers an offer with these headers. */
const answering = (
  t: { teardown(close: () => void): void },
  headers: Record<string, string | string[]>,
  status = 201,
): Promise<FakeServer> =>
  startFakeServer(t, (_, response) =>
    response.writeHead(status, { 'Content-Type': 'application/sdp', ...headers }).end('v=0\r\n'),
  );

t.test('an offer, and its session', async t => {
  const server = await answering(t, {
    'Content-Type': 'Application/SDP; charset=utf-8',
    Location: '/path/session/1',
    Link: ['<stun:s>; rel="ice-server"', `</path/events>; rel="${EVENTS}"; events="active,inactive"`],
  });
  const session = await endpointAt(server).open('v=0 offer', signal);
  t.equal(session.answer, 'v=0\r\n');
  t.equal(session.location?.href, `${server.url}path/session/1`);
  t.equal(session.events?.href, `${server.url}path/events`);
  t.match(server.heard, [
    {
      method: 'POST',
      path: '/path/whep',
      body: 'v=0 offer',
      headers: { 'content-type': 'application/sdp', authorization: 'Bearer secret' },
    },
  ]);
});

t.test('the URL of the session, with any form of Location', async t => {
  const cases: [string | null, string | null][] = [
    ['session/1', '/path/session/1'],
    ['./whep/1?a=b', '/path/whep/1?a=b'],
    ['../1', '/1'],
    ['/1', '/1'],
    // This is the endpoint itself, and DELETE is for sessions.
    ['', null],
    ['http://[', null],
    [null, null],
  ];
  for (const [location, expected] of cases) {
    const server = await answering(t, location === null ? {} : { Location: location });
    const found = (await endpointAt(server).open('v=0', signal)).location;
    t.equal(found?.href.slice(server.url.origin.length) ?? null, expected, String(location));
  }
});

t.test('the token is never sent to another server', async t => {
  const other = await startFakeServer(t, (_, response) => void response.end());
  const server = await answering(t, {
    Location: `${other.url}session`,
    Link: `<${other.url}events>; rel="${EVENTS}"`,
  });
  const endpoint = endpointAt(server);
  const { location, events } = await endpoint.open('v=0', signal);
  t.equal(location?.origin, other.url.origin);
  t.equal(events && endpoint.tokenFor(events), null);
  t.equal(location && endpoint.tokenFor(location), null);
  t.equal(endpoint.tokenFor(new URL('/1', server.url)), 'secret', 'its own is');
  t.equal(endpoint.tokenFor(new URL(server.url.href.replace('http:', 'https:'))), null, 'not over another scheme');
  if (location) await endpoint.leave(location);
  t.match(other.heard, [{ method: 'DELETE', path: '/session' }]);
  t.equal(other.heard[0]?.headers.authorization, undefined);
  await endpoint.leave(new URL('/session', server.url));
  t.match(server.heard.at(-1), { method: 'DELETE', headers: { authorization: 'Bearer secret' } });
});

t.test('leaving never fails and is quick', async t => {
  const began = performance.now();
  const silent = await startFakeServer(t, () => undefined);
  await endpointAt(silent).leave(silent.url);
  const refusing = await answering(t, {}, 404);
  await endpointAt(refusing).leave(refusing.url);
  await endpointAt(refusing).leave(new URL('mailto:a@b'));
  t.ok(performance.now() - began < 10_000);
});

t.test('answers that are not of a WHEP server', async t => {
  for (const type of ['text/html', 'application/json', 'application/sdpx', 'text/\u009b31m', '']) {
    const server = await answering(t, { 'Content-Type': type }, 200);
    const failure = await failureOf(ReceiveFailure, endpointAt(server).open('v=0', signal));
    t.equal(failure.code, 'invalid-answer', type);
    t.match(failure.words, /instead of an SDP answer\. Use the URL of a WHEP endpoint/);
    t.notMatch(failure.words, /\p{Cc}/u);
  }
  const refusing = await answering(t, { 'Retry-After': '3' }, 503);
  t.match(await failureOf(ReceiveFailure, endpointAt(refusing).open('v=0', signal)), {
    code: 'unavailable',
    retryAfterMs: 3_000,
  });
});

t.test('STUN and TURN servers of the answer', async t => {
  let links: string[] = [];
  let reply = (response: ServerResponse): unknown => response.writeHead(204, { Link: links }).end();
  const server = await startFakeServer(t, (_, response) => void reply(response));
  const near = endpointAt(server);
  // The same server by an address that does not count as private.
  const far = new WhepEndpoint(new URL(server.url.href.replace('127.0.0.1', '0.0.0.0')), null);
  const asked = async (endpoint: WhepEndpoint, ...named: string[]): Promise<[string | null, readonly string[]]> => {
    links = named;
    const { stunServer, turnServers } = await endpoint.iceSettings(signal);
    return [stunServer, turnServers];
  };
  const stun = '<stun:192.0.2.1:3479>; rel="ice-server"';
  const turn =
    '<turn:192.0.2.2?transport=tcp>; rel="ice-server"; username="a:b"; credential="p@ss/\\"w"; credential-type="password"';
  t.strictSame(await asked(near), [null, []]);
  t.strictSame(await asked(near, stun), [null, []], 'a private address needs no STUN server');
  t.strictSame(await asked(near, stun, turn), [null, ['turn://a%3Ab:p%40ss%2F%22w@192.0.2.2:3478?transport=tcp']]);
  t.match(server.heard[0], { method: 'OPTIONS', headers: { authorization: 'Bearer secret' } });
  t.strictSame(await asked(far, stun), ['stun://192.0.2.1:3479', []]);
  t.strictSame(
    await asked(near, '<turns:192.0.2.3>; rel="ice-server"', '<turn:[2001:db8::1]>; rel="ice-server"', turn),
    [null, ['turn://[2001:db8::1]:3478?transport=udp']],
    'one that webrtcbin supports',
  );
  t.strictSame(
    await asked(
      near,
      '<turn:u@h>; rel="ice-server"',
      '<turn:h:0>; rel="ice-server"',
      '<turn:no-such.invalid>; rel="ice-server"',
    ),
    [null, []],
    'no invalid one',
  );
  reply = response => response.writeHead(500, { Link: turn }).end('x');
  t.equal((await near.iceSettings(signal)).turnServers.length, 1, 'it may reject OPTIONS');
  reply = response => response.destroy();
  t.strictSame((await near.iceSettings(signal)).turnServers, [], 'or not answer it');
  reply = () => undefined;
  const began = performance.now();
  t.strictSame((await near.iceSettings(signal)).turnServers, [], 'nor ever');
  t.ok(performance.now() - began < 10_000, 'which has a timeout');
});

t.test('private addresses', t => {
  const inside = [
    'localhost',
    'robot.local',
    '127.0.0.1',
    '10.1.2.3',
    '192.168.0.1',
    '172.16.0.1',
    '172.31.255.1',
    '169.254.1.1',
    '[::1]',
    '[fd00::1]',
    '[fc00::1]',
    '[fe80::1]',
    '::1',
  ];
  const outside = [
    'example.net',
    '192.169.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '11.0.0.1',
    '8.8.8.8',
    '[2001:db8::1]',
    '[fc::1]',
    '[fe8::1]',
    '[::2]',
    '10.example.net',
    '127.0.0.1.example.net',
    'fd00.example',
    'local',
    '',
  ];
  for (const host of inside) t.ok(isPrivate(host), host);
  for (const host of outside) t.notOk(isPrivate(host), host);
  t.end();
});
