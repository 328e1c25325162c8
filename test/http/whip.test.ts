import t from 'tap';
import { OfferError } from '../../src/protocol/offer.js';
import { OFFER, PUBLISHING_OFFER, testApp, untilJoined } from '../helpers/app.js';
import { breaches, problemBreaches } from '../helpers/contract.js';
import { readOffer } from '../helpers/fixtures.js';
import { CLIENTS } from '../helpers/negotiation.js';

t.test('an offer to publish is answered', async t => {
  const { engine, publish, sessions } = await testApp(t);
  const response = await publish();
  t.equal(response.statusCode, 201);
  t.strictSame(breaches('whipOffer', response), []);
  t.equal(response.body, engine.answersAtOnce);
  t.match(response.headers, {
    'content-type': /^application\/sdp/,
    etag: /^"[\w-]{16}"$/,
    location: /^\/whip\/phone\/[\w-]{32}$/,
    'accept-patch': 'application/trickle-ice-sdpfrag',
  });
  t.notOk('link' in response.headers, 'the events are an extension of WHEP');
  t.match(engine.joins, [{ purpose: 'publish', camera: 'phone' }]);
  t.match(sessions.list('active'), [{ protocol: 'whip', camera: 'phone' }]);
});

t.test('content types, as at WHEP', async t => {
  const { publish } = await testApp(t);
  t.equal((await publish('phone', { headers: { 'content-type': 'Application/SDP; charset=UTF-8' } })).statusCode, 201);
  for (const type of ['application/json', 'text/plain', '']) {
    const response = await publish('phone', { headers: { 'content-type': type } });
    t.strictSame(problemBreaches(response, 415, 'unsupported-media-type'), [], type);
    t.strictSame(breaches('whipOffer', response), []);
    t.equal(response.headers['accept-post'], 'application/sdp');
  }
});

t.test('unusable offers', async t => {
  const { engine, publish, sessions } = await testApp(t);
  for (const [payload, status, code] of [
    ['', 422, 'invalid-sdp'],
    ['hello', 422, 'invalid-sdp'],
    [OFFER, 422, 'invalid-sdp'],
    [readOffer('libdatachannel-viewer'), 422, 'invalid-sdp'],
    [`v=0\r\n${'x'.repeat(70_000)}`, 413, 'payload-too-large'],
  ] as const) {
    const response = await publish('phone', { payload });
    t.strictSame(problemBreaches(response, status, code), []);
    t.strictSame(breaches('whipOffer', response), []);
  }
  t.equal(engine.joins.length, 0);
  t.match((await publish('phone', { payload: OFFER })).json(), { detail: /can send/, remedy: /"sendonly"/ });

  engine.publish = async () => {
    throw new OfferError('no-common-codec', 'The offer has theora.', 'Publish in H264.');
  };
  const response = await publish();
  t.strictSame(problemBreaches(response, 422, 'no-common-codec'), []);
  t.strictSame(breaches('whipOffer', response), []);
  t.match(response.json(), { detail: 'The offer has theora.', remedy: 'Publish in H264.' });
  t.strictSame(sessions.list('all'), [], 'and the camera is free');
});

t.test('the offers of all publishers are accepted', async t => {
  const { ask, publish } = await testApp(t);
  const publishers = CLIENTS.filter(client => /^a=sendonly/m.test(readOffer(client)));
  t.ok(publishers.length >= 9, publishers.join(', '));
  for (const client of publishers) {
    const response = await publish('phone', { payload: readOffer(client) });
    t.equal(response.statusCode, 201, client);
    t.equal((await ask('DELETE', String(response.headers.location))).statusCode, 200);
  }
});

t.test('a camera that cannot be published to', async t => {
  const { ask, engine, publish } = await testApp(t);
  t.strictSame(problemBreaches(await publish('nowhere'), 404, 'unknown-camera'), []);
  const response = await publish('road');
  t.strictSame(problemBreaches(response, 409, 'not-publishable'), []);
  t.strictSame(breaches('whipOffer', response), []);
  t.match(response.json(), { detail: 'rtsp://u:***@192.0.2.7/s', remedy: '"whip"' });
  t.notOk('retry-after' in response.headers, 'a retry would fail too');
  t.strictSame(problemBreaches(await ask('GET', '/whip/road'), 409, 'not-publishable'), []);
  t.equal(engine.joins.length, 0);
});

t.test('one publisher at a time: 409 + Retry-After for the second, unless it takes over', async t => {
  const { ask, publish, sessions } = await testApp(t);
  const first = await publish();
  const second = await publish();
  t.strictSame(problemBreaches(second, 409, 'already-published'), []);
  t.strictSame(breaches('whipOffer', second), []);
  t.match(second.headers['retry-after'], /^[1-9]\d*$/);
  t.match(second.json().remedy, 'takeover=true');

  const takeOver = (query: string) =>
    ask('POST', `/whip/phone?${query}`, { headers: { 'content-type': 'application/sdp' }, payload: PUBLISHING_OFFER });
  t.equal((await takeOver('takeover=false')).statusCode, 409);
  t.strictSame(problemBreaches(await takeOver('takeover=perhaps'), 400, 'bad-request'), []);
  const third = await takeOver('token=x&takeover=true');
  t.equal(third.statusCode, 201);
  t.match(sessions.list('ended'), [{ protocol: 'whip', ended: { reason: 'takeover' } }]);
  t.strictSame(
    problemBreaches(await ask('DELETE', String(first.headers.location)), 404, 'unknown-session'),
    [],
    "the first one's URL is gone",
  );
  t.equal((await ask('DELETE', String(third.headers.location))).statusCode, 200);
  t.equal((await publish()).statusCode, 201, 'and the camera is free again');
});

t.test('of two requests at the same moment one wins', async t => {
  const { engine, publish } = await testApp(t);
  const statuses = await Promise.all([publish(), publish(), publish()]);
  t.strictSame(statuses.map(({ statusCode }) => statusCode).sort(), [201, 409, 409]);
  t.equal(engine.joins.length, 1);
});

t.test('a request that is aborted before its answer frees the camera', async t => {
  const { engine, listen, sessions } = await testApp(t);
  const origin = await listen();
  engine.answersAtOnce = null;
  const gone = new AbortController();
  const request = {
    method: 'POST',
    headers: { authorization: 'Bearer the-token-of-this-test', 'content-type': 'application/sdp' },
    body: PUBLISHING_OFFER,
  };
  const first = fetch(`${origin}/whip/phone`, { ...request, signal: gone.signal }).catch((error: Error) => error.name);
  await untilJoined(engine);
  gone.abort();
  t.equal(await first, 'AbortError');
  while (engine.left.length === 0) await new Promise(resolve => setTimeout(resolve, 5));
  t.match(sessions.list('ended'), [{ ended: { reason: 'request-aborted' } }]);
  engine.answersAtOnce = 'v=0';
  t.equal((await fetch(`${origin}/whip/phone`, request)).status, 201);
});

t.test('what the endpoint accepts', async t => {
  const { app, ask } = await testApp(t);
  const options = await app.inject({ method: 'OPTIONS', url: '/whip/phone' });
  t.equal(options.statusCode, 204);
  t.equal(options.headers['accept-post'], 'application/sdp');
  t.strictSame(problemBreaches(await ask('OPTIONS', '/whip/road'), 409, 'not-publishable'), []);
  for (const url of ['/whip/road', '/whip/nowhere'])
    t.equal((await app.inject({ method: 'OPTIONS', url })).statusCode, 204, 'without a token nobody learns of cameras');
  for (const method of ['GET', 'HEAD']) t.equal((await ask(method, '/whip/phone')).statusCode, 204, method);
});

t.test('the publisher of a camera is not counted as a viewer', async t => {
  const { ask, offer, publish } = await testApp(t, 1);
  await publish();
  t.equal((await ask('GET', '/api/v1/cameras/phone')).json().viewers, 0);
  t.equal((await offer('phone')).statusCode, 201);
  t.equal((await ask('GET', '/api/v1/cameras/phone')).json().viewers, 1);
  t.match((await ask('GET', '/api/v1/sessions')).json(), { items: [{ protocol: 'whip' }, { protocol: 'whep' }] });
  t.strictSame(breaches('listSessions', await ask('GET', '/api/v1/sessions')), []);
});
