import t from 'tap';
import { testApp } from '../helpers/app.js';
import { breaches, problemBreaches } from '../helpers/contract.js';

const LINKS = ['<stun:a>; rel="ice-server"', '<turn:b?transport=udp>; rel="ice-server"; username="u"; credential="p"'];

t.test('an answer has the ICE servers, a Link header each, with credentials for its session', async t => {
  const asked: (string | null)[] = [];
  const { offer, sessions } = await testApp(t, 5, {
    links: client => {
      asked.push(client);
      return LINKS;
    },
  });
  const response = await offer();
  t.equal(response.statusCode, 201);
  t.strictSame(breaches('whepOffer', response), []);
  const links = [response.headers.link].flat();
  t.strictSame(links.slice(0, 2), LINKS);
  t.match(links.slice(2), [/^<\/whep\/road\/[^>]+>; rel="urn:ietf:params:whep:ext:core:server-sent-events"/]);
  t.strictSame(asked, [sessions.list('active')[0]?.id], "the session's public id, not its secret");
});

t.test('OPTIONS has them too; servers with credentials only with the token', async t => {
  const { app, ask } = await testApp(t, 5, { links: client => (client === null ? LINKS.slice(0, 1) : LINKS) });
  const options = { method: 'OPTIONS', url: '/whep/road' } as const;
  t.strictSame((await app.inject(options)).headers.link, LINKS.slice(0, 1));
  for (const authorization of ['', 'Bearer '])
    t.strictSame(
      (await app.inject({ ...options, headers: { authorization } })).headers.link,
      LINKS.slice(0, 1),
      authorization,
    );
  // A wrong token is refused wherever one is checked: its sender learns so before the offer.
  const wrong = await app.inject({ ...options, headers: { authorization: 'Bearer wrong' } });
  t.strictSame(problemBreaches(wrong, 401, 'unauthorized'), []);
  t.strictSame(breaches('whepOptions', wrong), []);
  t.notOk('link' in wrong.headers);
  const response = await ask('OPTIONS', '/whep/road');
  t.strictSame(response.headers.link, LINKS);
  t.strictSame(breaches('whepOptions', response), []);
  t.strictSame([response.statusCode, response.headers['accept-post']], [204, 'application/sdp']);
});

t.test('without ICE servers there is no header', async t => {
  const { app, offer, publish } = await testApp(t);
  t.notMatch([(await offer()).headers.link].flat(), [/ice-server/]);
  t.notOk('link' in (await publish()).headers);
  t.notOk('link' in (await app.inject({ method: 'OPTIONS', url: '/whep/road' })).headers);
});

t.test('a refusal reveals no credentials', async t => {
  const { app, offer } = await testApp(t, 5, { links: () => LINKS });
  for (const response of [
    await app.inject({
      method: 'POST',
      url: '/whep/road',
      headers: { 'content-type': 'application/sdp' },
      payload: 'v=0',
    }),
    await offer('nowhere'),
    await offer('road', { payload: 'no SDP' }),
  ])
    t.notOk('link' in response.headers, `${response.statusCode}`);
});
