import Fastify from 'fastify';
import t from 'tap';
import { NOBODY } from '../../src/domain/access.js';
import { answerUrlTokens } from '../../src/server/http/plugins/access.js';
import { moveTokenFromPath } from '../../src/server/http/plugins/url-token.js';

const LINKS = [
  '</whep/a/s/sse>; rel="urn:ietf:params:whep:ext:core:server-sent-events"; events="active,inactive"',
  '<turn:turn.example:3478?transport=udp>; rel="ice-server"; username="a"; credential="/b"',
];

/** A server whose answer links to other URLs. */
function leading(requireTokenOnSessions: boolean): ReturnType<typeof Fastify> {
  const app = Fastify({ rewriteUrl: moveTokenFromPath });
  answerUrlTokens(app, {
    anonymous: NOBODY,
    legacy: () => NOBODY,
    isProxy: () => false,
    requireTokenOnSessions,
    identify: async () => NOBODY,
  });
  app.get('/whep/a', async (request, reply) => {
    reply.header('Location', '/whep/a/s').header('Link', LINKS);
    return { url: request.url, original: request.originalUrl };
  });
  return app;
}

t.test('the URLs in an answer carry the token, if it is required', async t => {
  const app = leading(true);
  for (const url of ['/t/a%2Fb+c/whep/a', '/whep/a?token=a%2Fb%2Bc']) {
    const { headers } = await app.inject(url);
    t.equal(headers.location, '/t/a%2Fb%2Bc/whep/a/s', url);
    t.strictSame(headers.link, [LINKS[0]?.replace('</', '</t/a%2Fb%2Bc/'), LINKS[1]], 'ICE servers are unchanged');
  }
  for (const [url, authorization] of [
    ['/whep/a', ''],
    ['/t/x/whep/a', 'Bearer y'],
  ] as const) {
    const { headers } = await app.inject({ url, headers: { authorization } });
    t.equal(headers.location, '/whep/a/s', 'not a token that was not checked');
    t.strictSame(headers.link, LINKS);
  }
});

t.test('otherwise they do not, and the answer is not cached', async t => {
  const { headers } = await leading(false).inject('/t/x/whep/a');
  t.equal(headers.location, '/whep/a/s');
  t.strictSame(headers.link, LINKS);
  t.equal(headers['cache-control'], 'no-store');
});

t.test('no later handler sees the token in the path', async t => {
  const { body } = await leading(false).inject('/t/hush/whep/a');
  t.strictSame(JSON.parse(body), { url: '/whep/a', original: '/whep/a' });
});
