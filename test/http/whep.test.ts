import t from 'tap';
import { Failure } from '../../src/domain/failure.js';
import { OfferError } from '../../src/protocol/offer.js';
import { OFFER, PUBLISHING_OFFER, testApp } from '../helpers/app.js';
import { breaches, problemBreaches } from '../helpers/contract.js';
import { readOffer } from '../helpers/fixtures.js';

t.test('an offer is answered', async t => {
  const { engine, offer, sessions } = await testApp(t);
  const response = await offer();
  t.equal(response.statusCode, 201);
  t.strictSame(breaches('whepOffer', response), []);
  t.equal(response.body, engine.answersAtOnce, 'the answer, unchanged and not as JSON');
  t.match(response.headers, {
    'content-type': /^application\/sdp/,
    etag: /^"[\w-]{16}"$/,
    location: /^\/whep\/road\/[\w-]{32}$/,
    'accept-patch': 'application/trickle-ice-sdpfrag',
    'access-control-expose-headers': /Location, Link, ETag, Accept-Patch/,
  });
  t.notMatch(response.headers.location, String(sessions.list('active')[0]?.id));
  const again = await offer();
  t.not(again.headers.location, response.headers.location);
  t.not(again.headers.etag, response.headers.etag);
});

t.test('Location is a normalized path without the query', async t => {
  const { ask } = await testApp(t);
  for (const url of ['/whep/road?token=secret&x=1', '/whep/%72oad', '/whep/road/']) {
    const response = await ask('POST', url, { headers: { 'content-type': 'application/sdp' }, payload: OFFER });
    t.match(response.headers.location, /^\/whep\/road\/[\w-]{32}$/, url);
  }
});

t.test('only the 201 has the events, in their own Link header', async t => {
  const { app, offer } = await testApp(t);
  const made = await offer();
  const location = String(made.headers.location);
  t.strictSame([made.headers.link].flat(), [
    `<${location}/events>; rel="urn:ietf:params:whep:ext:core:server-sent-events"; events="active,inactive,viewercount,reconnect"`,
  ]);
  for (const url of ['/whep/road', location, `${location}/events`])
    t.notOk('link' in (await app.inject({ method: 'OPTIONS', url })).headers, url);
});

t.test('content types as written by players', async t => {
  const { offer } = await testApp(t, 20);
  for (const type of [
    'application/sdp',
    'Application/SDP',
    'application/sdp;charset=utf-8',
    'application/sdp; charset=UTF-8',
    ' application/sdp ',
  ])
    t.equal((await offer('road', { headers: { 'content-type': type } })).statusCode, 201, type);
  for (const type of [
    'application/json',
    'text/plain',
    'application/sdpx',
    'application/trickle-ice-sdpfrag',
    'multipart/form-data; boundary=x',
    'nonsense',
    '',
  ]) {
    const response = await offer('road', { headers: { 'content-type': type } });
    t.strictSame(problemBreaches(response, 415, 'unsupported-media-type'), [], type);
    t.strictSame(breaches('whepOffer', response), [], type);
    t.match(response.json().remedy, 'application/sdp');
    t.equal(response.headers['accept-post'], 'application/sdp');
  }
});

t.test('a request without a body is answered with what is required', async t => {
  const { ask } = await testApp(t);
  t.strictSame(problemBreaches(await ask('POST', '/whep/road'), 415, 'unsupported-media-type'), []);
  const empty = await ask('POST', '/whep/road', { headers: { 'content-type': 'application/sdp' }, payload: '' });
  t.strictSame(problemBreaches(empty, 422, 'invalid-sdp'), [], 'not 400, which some players take for another protocol');
  t.match(empty.json().detail, 'empty');
});

t.test('unusable offers', async t => {
  const { engine, offer, sessions } = await testApp(t);
  const cases: [string, string, number, string][] = [
    ['garbage', 'hello', 422, 'invalid-sdp'],
    ['one space', ' ', 422, 'invalid-sdp'],
    ["OBS's, which wants to publish", readOffer('obs-whip'), 422, 'invalid-sdp'],
    ["ffmpeg's", readOffer('ffmpeg-whip'), 422, 'invalid-sdp'],
    ["a browser's", PUBLISHING_OFFER, 422, 'invalid-sdp'],
    [
      'a number for a word',
      OFFER.replace(/a=fmtp:108 .*/, 'a=fmtp:108 1').replace(/a=fingerprint.*/, 'a=fingerprint:1 1'),
      422,
      'invalid-sdp',
    ],
    ['64 KiB of it', `v=0\r\n${'x'.repeat(65_531)}`, 422, 'invalid-sdp'],
    ['more than that', `v=0\r\n${'x'.repeat(65_532)}`, 413, 'payload-too-large'],
    ['a megabyte', 'x'.repeat(1_000_000), 413, 'payload-too-large'],
  ];
  for (const [name, payload, status, code] of cases) {
    const response = await offer('road', { payload });
    t.strictSame(problemBreaches(response, status, code), [], name);
    t.strictSame(breaches('whepOffer', response), [], name);
  }
  t.equal(engine.joins.length, 0, 'the camera was not asked');
  t.strictSame(sessions.list('all'), []);
});

t.test('a camera that cannot be watched', async t => {
  const { engine, offer, sessions } = await testApp(t, 1);
  t.strictSame(problemBreaches(await offer('nowhere'), 404, 'unknown-camera'), []);
  engine.answersAtOnce = null;
  const failing = async (error: Error) => {
    const response = offer('road');
    while (engine.joins.length === 0) await new Promise(resolve => setTimeout(resolve, 1));
    engine.joins.pop()?.fail(error);
    return await response;
  };
  const unplugged = await failing(
    new Failure('camera-unavailable', 'unplugged', { remedy: 'plug it in', retryAfter: 2 }),
  );
  t.strictSame(problemBreaches(unplugged, 409, 'camera-unavailable'), []);
  t.strictSame(breaches('whepOffer', unplugged), []);
  t.equal(unplugged.headers['retry-after'], '2');
  t.match(unplugged.json(), { detail: 'unplugged', remedy: 'plug it in' });

  const without = await failing(new OfferError('no-common-codec', 'The camera is sent in H264.', 'Use another.'));
  t.strictSame(problemBreaches(without, 422, 'no-common-codec'), [], 'no codec in common with the engine');
  t.strictSame(breaches('whepOffer', without), []);
  t.match(without.json(), { detail: 'The camera is sent in H264.', remedy: 'Use another.' });
  t.notOk('retry-after' in without.headers, 'a retry would fail too');
  t.strictSame(sessions.list('all'), []);

  const starting = await failing(new Failure('camera-starting', 'starting', { retryAfter: 1 }));
  t.strictSame(problemBreaches(starting, 503, 'camera-starting'), []);
  t.equal(starting.headers['retry-after'], '1');

  const broken = await failing(new Error('SECRET at /srv/app.js:1'));
  t.strictSame(problemBreaches(broken, 500, 'internal'), []);
  t.notMatch(broken.body, /SECRET|app\.js/, 'a bug of the server is only logged');

  engine.answersAtOnce = 'v=0';
  await offer('road');
  const full = await offer('road');
  t.strictSame(problemBreaches(full, 503, 'too-many-viewers'), []);
  t.strictSame(breaches('whepOffer', full), []);
  t.match(full.headers['retry-after'], /^[1-9]\d*$/);

  sessions.close();
  const closing = await offer('arm');
  t.strictSame(problemBreaches(closing, 503, 'shutting-down'), []);
  t.match(closing.headers['retry-after'], /^[1-9]\d*$/);
});

t.test('what the endpoint accepts', async t => {
  const { app, ask } = await testApp(t);
  const options = await app.inject({ method: 'OPTIONS', url: '/whep/road' });
  t.equal(options.statusCode, 204);
  t.equal(options.headers['accept-post'], 'application/sdp');
  t.strictSame(problemBreaches(await ask('OPTIONS', '/whep/nowhere'), 404, 'unknown-camera'), []);
  t.equal(
    (await app.inject({ method: 'OPTIONS', url: '/whep/nowhere' })).statusCode,
    204,
    'without a token nobody learns which cameras exist',
  );
});

t.test('a preflight needs no token, and lists what is allowed', async t => {
  const { app } = await testApp(t);
  for (const method of ['POST', 'OPTIONS']) {
    const response = await app.inject({
      method: 'OPTIONS',
      url: '/whep/road',
      headers: {
        origin: 'https://player.example',
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    t.equal(response.statusCode, 204);
    t.match(response.headers, {
      'accept-post': 'application/sdp',
      'access-control-allow-methods': /POST, PUT, PATCH, DELETE, OPTIONS/,
      'access-control-allow-headers': /Authorization, Content-Type, If-Match/,
    });
  }
});

t.test('GET and HEAD of the endpoint: empty, and no error', async t => {
  const { app, ask } = await testApp(t);
  for (const method of ['GET', 'HEAD']) {
    const response = await ask(method, '/whep/road');
    t.equal(response.statusCode, 204, method);
    t.equal(response.body, '');
  }
  t.strictSame(problemBreaches(await ask('GET', '/whep/nowhere'), 404, 'unknown-camera'), []);
  t.strictSame(problemBreaches(await app.inject('/whep/road'), 401, 'unauthorized'), [], 'only with the token');
});

t.test('a camera without a publisher: 409, and when to retry', async t => {
  const { engine, offer, sessions } = await testApp(t);
  engine.watch = async () => {
    throw new Failure('no-publisher', 'Nobody publishes camera "phone".', { retryAfter: 3 });
  };
  const response = await offer('phone');
  t.strictSame(problemBreaches(response, 409, 'no-publisher'), []);
  t.strictSame(breaches('whepOffer', response), []);
  t.equal(response.headers['retry-after'], '3');
  t.strictSame(sessions.list('all'), []);
});
