import t, { type Test } from 'tap';
import { OFFER, PUBLISHING_OFFER, testApp } from '../helpers/app.js';
import { breaches, problemBreaches } from '../helpers/contract.js';
import { readFragment, withCredentials } from '../helpers/fragments.js';

const FRAGMENTS = {
  whep: withCredentials(readFragment('medooze-whip-whep'), OFFER),
  whip: withCredentials(readFragment('medooze-whip-whep'), PUBLISHING_OFFER),
};
const TYPE = 'application/trickle-ice-sdpfrag';

/** A session of each protocol, and its peer's requests to its URL, without the token. */
async function sessionOf(t: Test, protocol: 'whep' | 'whip', etags?: 'strict') {
  const test = await testApp(t, 20, { protocol: { etags: etags ?? 'compatible' } });
  const { headers } = await (protocol === 'whep' ? test.offer('phone') : test.publish('phone'));
  const url = String(headers.location);
  const [{ id = '' } = {}] = test.sessions.list('active');
  const patch = (more: Record<string, string> = {}, payload = FRAGMENTS[protocol]) =>
    test.app.inject({ method: 'PATCH', url, headers: { 'content-type': TYPE, ...more }, payload });
  const ask = (method: string, more: Record<string, string> = {}) =>
    test.app.inject({ method: method as 'GET', url, headers: more });
  const continues = () => t.equal(test.sessions.get(id).ended, null, 'the session continues');
  return { ...test, url, id, etag: String(headers.etag), patch, ask, continues };
}

for (const protocol of ['whep', 'whip'] as const) {
  t.test(`${protocol}: trickling is answered 204 without an ETag, and the candidates reach the engine`, async t => {
    const { engine, etag, id, patch } = await sessionOf(t, protocol);
    const response = await patch({ 'if-match': etag });
    t.equal(response.statusCode, 204);
    t.equal(response.body, '');
    t.notOk('etag' in response.headers);
    t.strictSame(breaches(`${protocol}Patch`, response), []);
    t.strictSame(engine.candidates, [`phone ${id} 1387637174 1 UDP 2122260223 192.0.2.1 61764 typ host`]);
  });

  t.test(`${protocol}: unusable candidates are dropped silently`, async t => {
    const { engine, patch } = await sessionOf(t, protocol);
    const response = await patch(
      {},
      [
        'a=mid:0',
        'a=candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active',
        'a=candidate:1 1 udp 1 4f8d1c5e-3a9b-4f0e-9f3e-0a1b2c3d4e5f.local 9 typ host',
        'a=candidate:1 1 udp 1 robot.example 9 typ host',
        'a=candidate:?',
        '',
      ].join('\r\n'),
    );
    t.equal(response.statusCode, 204);
    t.strictSame(engine.candidates, []);
  });

  t.test(`${protocol}: If-Match`, async t => {
    const { engine, etag, continues, patch } = await sessionOf(t, protocol);
    for (const ifMatch of [etag, '*', '"*"', `"other", ${etag}`])
      t.equal((await patch({ 'if-match': ifMatch })).statusCode, 204, ifMatch);
    t.equal((await patch()).statusCode, 204, 'missing: treated as current');
    engine.candidates.length = 0;
    for (const ifMatch of ['"stale"', `W/${etag}`, etag.slice(1, -1), '"a", "b"']) {
      const response = await patch({ 'if-match': ifMatch });
      t.strictSame(problemBreaches(response, 412, 'precondition-failed'), [], ifMatch);
      t.strictSame(breaches(`${protocol}Patch`, response), []);
    }
    t.strictSame(engine.candidates, []);
    continues();
  });

  t.test(`${protocol}: If-Match in strict mode`, async t => {
    const { etag, continues, patch } = await sessionOf(t, protocol, 'strict');
    const response = await patch();
    t.strictSame(problemBreaches(response, 428, 'precondition-required'), []);
    t.strictSame(breaches(`${protocol}Patch`, response), []);
    for (const ifMatch of [etag, '*']) t.equal((await patch({ 'if-match': ifMatch })).statusCode, 204, ifMatch);
    t.equal((await patch({ 'if-match': '"stale"' })).statusCode, 412);
    continues();
  });

  t.test(`${protocol}: an ICE restart is 422, whatever If-Match, and the session continues`, async t => {
    const { engine, etag, continues, patch } = await sessionOf(t, protocol);
    const restart = FRAGMENTS[protocol].replace(/ufrag:.*/, 'ufrag:0ther').replace(/pwd:.*/, `pwd:${'n'.repeat(24)}`);
    for (const headers of [{ 'if-match': '*' }, { 'if-match': '"*"' }, { 'if-match': etag }, {}]) {
      const response = await patch(headers as Record<string, string>, restart);
      t.strictSame(problemBreaches(response, 422, 'ice-restart-unsupported'), [], JSON.stringify(headers));
      t.strictSame(breaches(`${protocol}Patch`, response), []);
      t.match(response.json().remedy, 'new session');
    }
    t.strictSame(engine.candidates, []);
    continues();
    t.equal((await patch({ 'if-match': '*' })).statusCode, 204, '* with the same credentials is no restart');
  });

  t.test(`${protocol}: invalid fragments`, async t => {
    const { continues, patch } = await sessionOf(t, protocol);
    for (const [payload, status, code] of [
      ['', 422, 'invalid-sdpfrag'],
      ['{"candidate":""}', 422, 'invalid-sdpfrag'],
      ['a=mid:two words', 422, 'invalid-sdpfrag'],
      [`a=${'x'.repeat(16_382)}`, 204, ''],
      [`a=${'x'.repeat(16_383)}`, 413, 'payload-too-large'],
    ] as const) {
      const response = await patch({}, payload);
      t.strictSame(breaches(`${protocol}Patch`, response), []);
      if (status === 204) t.equal(response.statusCode, status);
      else t.strictSame(problemBreaches(response, status, code), [], payload.slice(0, 20));
    }
    for (const type of ['application/sdp', 'application/json', 'text/plain', '']) {
      const response = await patch({ 'content-type': type });
      t.strictSame(problemBreaches(response, 415, 'unsupported-media-type'), [], type);
      t.equal(response.headers['accept-patch'], TYPE);
    }
    t.equal((await patch({ 'content-type': `${TYPE.toUpperCase()}; charset=utf-8` })).statusCode, 204);
    continues();
  });

  t.test(`${protocol}: DELETE is 200 with an empty body, whatever is sent; a second one is 404`, async t => {
    for (const headers of [
      {},
      { 'if-match': '*' },
      { 'if-match': '"stale"' },
      { 'content-type': 'application/sdp' },
      { 'content-type': 'application/json' },
      { 'content-type': 'text/plain' },
      { 'content-type': 'nonsense' },
      { 'content-type': 'application/json', 'content-length': '0' },
    ]) {
      const { app, ask, engine, id, patch, sessions, url } = await sessionOf(t, protocol);
      const response = await ask('DELETE', headers as Record<string, string>);
      t.equal(response.statusCode, 200, JSON.stringify(headers));
      t.equal(response.body, '');
      t.match(sessions.get(id).ended, { reason: 'client-delete' });
      t.strictSame(engine.left, [`phone ${id}`]);
      const again = await ask('DELETE', headers as Record<string, string>);
      t.strictSame(problemBreaches(again, 404, 'unknown-session'), []);
      t.strictSame(breaches(`${protocol}Delete`, again), []);
      t.strictSame(problemBreaches(await patch(), 404, 'unknown-session'), []);
      t.strictSame(problemBreaches(await app.inject(url), 404, 'unknown-session'), []);
    }
  });

  t.test(`${protocol}: DELETE with a body`, async t => {
    const { app, url } = await sessionOf(t, protocol);
    for (const [status, type] of [
      [200, 'application/json'],
      [404, 'text/plain'],
    ] as const)
      t.equal(
        (await app.inject({ method: 'DELETE', url, headers: { 'content-type': type }, payload: '{"a":' })).statusCode,
        status,
      );
  });

  t.test(`${protocol}: GET and HEAD are empty, OPTIONS lists what is accepted, other methods are 405`, async t => {
    const { ask, continues, url } = await sessionOf(t, protocol);
    for (const method of ['GET', 'HEAD']) {
      const response = await ask(method);
      t.equal(response.statusCode, 204, method);
      t.equal(response.body, '');
    }
    for (const more of [{}, { origin: 'https://player.example', 'access-control-request-method': 'PATCH' }]) {
      const options = await ask('OPTIONS', more as Record<string, string>);
      t.equal(options.statusCode, 204);
      t.equal(options.headers['accept-patch'], TYPE);
      t.notOk('accept-post' in options.headers);
      t.notOk('link' in options.headers);
    }
    for (const method of ['POST', 'PUT']) {
      const response = await ask(method);
      t.strictSame(problemBreaches(response, 405, 'method-not-allowed'), [], method);
      t.match(response.headers.allow, /GET.*HEAD.*PATCH.*DELETE.*OPTIONS/);
      t.notMatch(response.body, url, 'no secret is repeated');
    }
    continues();
  });

  t.test(`${protocol}: its URL is not valid for another protocol or camera`, async t => {
    const { app, continues, url } = await sessionOf(t, protocol);
    const other = protocol === 'whep' ? 'whip' : 'whep';
    for (const wrong of [url.replace(protocol, other), url.replace('phone', 'road'), `${url}x`, url.slice(0, -1)])
      for (const method of ['DELETE', 'GET'] as const)
        t.strictSame(problemBreaches(await app.inject({ method, url: wrong }), 404, 'unknown-session'), [], method);
    continues();
  });
}
