import t, { type Test } from 'tap';
import { OfferError } from '../../src/protocol/offer.js';
import { TOKEN, testApp } from '../helpers/app.js';
import { readOffer } from '../helpers/fixtures.js';
import { readFragment, withCredentials } from '../helpers/fragments.js';
import { send } from '../helpers/request.js';

// Each test sends what the client's source code sends, in its order, and checks what it checks.

const bearer = { Authorization: `Bearer ${TOKEN}` };
const sdp = { 'Content-Type': 'application/sdp' };
const trickle = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
const CHROMIUM = readOffer('chromium-156');
/** The fragment that a client trickles to the session of its offer. */
const fragmentFor = (client: string, offer: string): string => withCredentials(readFragment(client), offer);

async function server(t: Test) {
  const test = await testApp(t, 20);
  const origin = await test.listen();
  const ended = (reason: string) => t.match(test.sessions.list('ended'), [{ ended: { reason } }]);
  return { ...test, origin, whep: `${origin}/whep/road`, whip: `${origin}/whip/phone`, ended };
}

const resolved = (location: unknown, base: string): string => new URL(String(location), base).toString();

t.test('OBS: 201 with a body and a Location; DELETE is 200', async t => {
  const { engine, ended, whip } = await server(t);
  const common = { ...bearer, 'User-Agent': 'Mozilla/5.0 (OBS-Studio/30.2.3; Linux x86_64; en-US)', Accept: '*/*' };
  const offer = readOffer('obs-whip');
  t.notMatch(offer, 'a=candidate', 'it offers no candidates');
  const made = await send('POST', whip, { ...common, ...sdp, Expect: '100-continue' }, offer);
  t.equal(made.status, 201);
  t.equal(made.body, engine.answersAtOnce);
  t.equal((await send('DELETE', resolved(made.headers.location, whip), common)).status, 200);
  ended('client-delete');
});

t.test('ffmpeg: its offer is passive, its DELETE has no body', async t => {
  const { whip } = await server(t);
  const offer = readOffer('ffmpeg-whip');
  t.match(offer, 'a=setup:passive');
  const common = { ...bearer, 'User-Agent': 'Lavf/62.3.100', Accept: '*/*', Connection: 'close' };
  const made = await send('POST', whip, { ...common, ...sdp }, offer);
  t.equal(made.status, 201);
  t.equal((await send('DELETE', resolved(made.headers.location, whip), common)).status, 200);
});

t.test('Eyevinn webrtc-player: a bare token; errors are neither 400 nor 406', async t => {
  const { ended, engine, whep } = await server(t);
  const headers = { ...sdp, Authorization: TOKEN };
  const refused = async (offer: string) =>
    t.equal(
      (await send('POST', whep, headers, offer)).status,
      422,
      'otherwise it falls back to empty POSTs, or leaves out tracks',
    );
  for (const offer of ['', 'v=0', readOffer('chromium-156-publisher')]) await refused(offer);
  const { watch } = engine;
  engine.watch = async () => {
    throw new OfferError('no-common-codec', 'The camera is sent in H264; the offer has VP8.');
  };
  await refused(CHROMIUM);
  engine.watch = watch;
  const made = await send('POST', whep, headers, CHROMIUM);
  t.equal(made.status, 201);
  t.match(made.headers.location, /^\//);
  t.equal((await send('DELETE', resolved(made.headers.location, whep), { Authorization: TOKEN })).status, 200);
  ended('client-delete');
});

t.test('medooze/whip-whep as a viewer: trickles without If-Match; events; no token for the EventSource', async t => {
  const { engine, origin, whep } = await server(t);
  const made = await send('POST', whep, { ...sdp, ...bearer }, CHROMIUM);
  t.ok(made.status >= 200 && made.status < 300);
  const session = resolved(made.headers.location, whep);
  const patched = await send('PATCH', session, { ...trickle, ...bearer }, fragmentFor('medooze-whip-whep', CHROMIUM));
  t.ok((patched.status >= 200 && patched.status < 300) || [405, 501].includes(patched.status), `${patched.status}`);
  t.equal(engine.candidates.length, 1, 'of the others one has an mDNS name, one is TCP');
  const end = fragmentFor('medooze-firefox-end', CHROMIUM);
  t.equal((await send('PATCH', session, { ...trickle, ...bearer }, end)).status, 204);

  // How it parses Link, with headers of one name joined as by fetch.
  const [events] = [made.headers.link]
    .flat()
    .join(', ')
    .split(/,\s+(?=<)/)
    .filter(link => link.includes('whep:ext:core:server-sent-events'));
  const url = resolved(/<(.*)>/.exec(events ?? '')?.[1], whep);
  const wanted = /events="(.*)"/.exec(events ?? '')?.[1]?.split(',');
  const json = { 'Content-Type': 'application/json' };
  const stream = await send('POST', url, { ...json, ...bearer }, JSON.stringify(wanted));
  t.equal(stream.status, 201);
  const listening = await fetch(resolved(stream.headers.location, url), { headers: { accept: 'text/event-stream' } });
  t.equal(listening.status, 200);
  await listening.body?.cancel();
  t.ok(url.startsWith(origin));
  t.equal((await send('DELETE', session, bearer)).status, 200);
});

t.test('medooze/whip-whep as a publisher: trickles with the ETag; a restart it asks for is refused', async t => {
  const { sessions, whip } = await server(t);
  const offer = readOffer('chromium-156-publisher');
  const made = await send('POST', whip, { ...sdp, ...bearer }, offer);
  t.equal(made.status, 201);
  const session = resolved(made.headers.location, whip);
  const patch = (ifMatch: string, fragment: string) =>
    send('PATCH', session, { ...trickle, 'If-Match': ifMatch, ...bearer }, fragment);
  t.equal((await patch(String(made.headers.etag), fragmentFor('medooze-whip-whep', offer))).status, 204);
  t.equal((await patch('*', `a=ice-ufrag:newu\r\na=ice-pwd:${'n'.repeat(24)}\r\n`)).status, 422);
  t.equal(sessions.list('active').length, 1);
  t.equal((await send('DELETE', session, bearer)).status, 200);
});

t.test("MediaMTX's reader.js: OPTIONS first, If-Match *, no token at the session; exactly 201 and 204", async t => {
  const { engine, whep } = await server(t);
  const options = await send('OPTIONS', whep, {});
  t.ok(options.status === 200 || options.status === 204);
  // It takes every Link for an ICE server, and fails on others.
  for (const link of [options.headers.link ?? []].flat()) t.match(link, /^<(.+?)>; rel="ice-server"/);
  const offer = readOffer('mediamtx-reader');
  const made = await send('POST', whep, { ...sdp, ...bearer }, offer);
  t.equal(made.status, 201);
  const session = resolved(made.headers.location, whep);
  const fragment = fragmentFor('mediamtx-reader', offer);
  t.equal((await send('PATCH', session, { ...trickle, 'If-Match': '*' }, fragment)).status, 204);
  t.equal(engine.candidates.length, 2);
  t.equal((await send('DELETE', session, {})).status, 200);
  t.equal((await send('POST', whep.replace('road', 'nowhere'), { ...sdp, ...bearer }, offer)).status, 404);
});

t.test(
  'MediaMTX as a WHEP source: ETag, Accept-Patch word for word, a PATCH a candidate; exactly 204 and 200',
  async t => {
    const { engine, whep } = await server(t);
    const options = await send('OPTIONS', whep, bearer);
    t.ok(options.status === 200 || options.status === 204);
    const made = await send('POST', whep, { ...bearer, ...sdp }, CHROMIUM);
    t.equal(made.status, 201);
    t.ok(made.headers.etag);
    t.equal(made.headers['accept-patch'], 'application/trickle-ice-sdpfrag');
    const session = resolved(made.headers.location, whep);
    const [head = '', ...rest] = fragmentFor('medooze-whip-whep', CHROMIUM).split(/(?=a=candidate)/);
    for (const candidate of rest) {
      const patched = await send(
        'PATCH',
        session,
        { ...bearer, ...trickle, 'If-Match': String(made.headers.etag) },
        head + candidate,
      );
      t.equal(patched.status, 204);
    }
    t.equal(engine.candidates.length, 1, 'of three');
    t.equal((await send('DELETE', session, bearer)).status, 200);
  },
);

t.test(
  'GStreamer whepclientsrc and whipclientsink: OPTIONS for ICE servers, Location, a DELETE with a Content-Type',
  async t => {
    const { whep, whip } = await server(t);
    for (const [url, offer] of [
      [whep, readOffer('webrtcbin-viewer')],
      [whip, readOffer('webrtcbin-publisher')],
    ] as const) {
      t.equal((await send('OPTIONS', url, bearer)).status, 204);
      const made = await send('POST', url, { ...sdp, ...bearer, accept: '*/*' }, offer);
      t.equal(made.status, 201);
      t.ok(made.headers.location);
      t.equal(
        (await send('DELETE', resolved(made.headers.location, url), { ...bearer, ...sdp, accept: '*/*' })).status,
        200,
      );
    }
  },
);

t.test('simple-whep-client and simple-whip-client: If-Match even at DELETE; exactly 201 and 200', async t => {
  const { ended, whep, whip } = await server(t);
  for (const [url, offer] of [
    [whep, readOffer('webrtcbin-viewer')],
    [whip, readOffer('simple-whip-client')],
  ] as const) {
    const made = await send('POST', url, { ...sdp, ...bearer }, offer);
    t.equal(made.status, 201);
    const session = resolved(made.headers.location, url);
    const ifMatch = { 'If-Match': String(made.headers.etag) };
    const fragment = fragmentFor('candidates-alone', offer);
    t.ok([200, 204].includes((await send('PATCH', session, { ...trickle, ...bearer, ...ifMatch }, fragment)).status));
    t.equal((await send('DELETE', session, { ...bearer, ...ifMatch })).status, 200);
  }
  ended('client-delete');
});

t.test('Eyevinn whip-web-client: an ETag where If-Match belongs, component 0, every candidate twice', async t => {
  const { engine, whip } = await server(t);
  const preflight = await send('OPTIONS', whip, {
    Origin: 'https://player.example',
    'Access-Control-Request-Method': 'PATCH',
    'Access-Control-Request-Headers': 'authorization,content-type,etag',
  });
  t.match(preflight.headers['access-control-allow-headers'], /etag/i);
  const offer = readOffer('whip-web-client');
  const made = await send('POST', whip, { ...sdp, ...bearer }, offer);
  t.equal(made.status, 201);
  const session = resolved(made.headers.location, whip);
  const headers = { ...trickle, ETag: String(made.headers.etag), ...bearer };
  t.equal((await send('PATCH', session, headers, fragmentFor('eyevinn-whip-web-client', offer))).status, 204);
  t.match(engine.candidates, [/ 1387637174 1 UDP 2122260223 192\.0\.2\.1 61764 typ host$/]);
  t.equal((await send('DELETE', session, bearer)).status, 200);
});

t.test('by hand, with curl', async t => {
  const { whep } = await server(t);
  const curl = { ...bearer, 'User-Agent': 'curl/8.5.0', Accept: '*/*' };
  // What curl sends for a body with -d and no -H: the answer must help.
  const form = await send('POST', whep, { ...curl, 'Content-Type': 'application/x-www-form-urlencoded' }, CHROMIUM);
  t.equal(form.status, 415);
  t.match(JSON.parse(form.body), { remedy: 'Send application/sdp.' });
  const made = await send('POST', whep, { ...curl, ...sdp, Expect: '100-continue' }, CHROMIUM);
  t.equal(made.status, 201);
  t.equal((await send('DELETE', resolved(made.headers.location, whep), curl)).status, 200);
});
