import { join } from 'node:path';
import t from 'tap';
import { emptyPage, joinAndLeave, openViewers, serveWithBrowser } from '../helpers/browser.js';
import { publish } from '../helpers/publisher.js';
import { until } from '../helpers/server.js';

// A publisher in real Chromium, and viewers of what it sends.

const config = join(t.testdir({ 'config.yaml': 'limits: { publisherReturn: 2 }\n' }), 'config.yaml');
const { server, browser } = await serveWithBrowser(
  t,
  '--config',
  config,
  '--camera',
  'phone=whip',
  '--camera',
  't=test',
);
const page = await emptyPage(browser, server);

const waiting = () => until('nobody publishes', async () => (await server.camera('phone')).state === 'waiting');
await waiting();

t.test('nobody publishes', async t => {
  const [refused] = await joinAndLeave(page, server, 'phone', 1);
  t.equal(refused?.status, 409);
  t.match(JSON.parse(refused?.body ?? ''), { code: 'no-publisher', remedy: /\/whip\/phone/ });
});

t.test('a camera that takes no publisher', async t => {
  const refused = await publish(page, server, 't');
  t.equal(refused.status, 409);
  t.match(JSON.parse(refused.body), { code: 'not-publishable' });
});

for (const codec of ['H264', 'VP8', 'VP9']) {
  t.test(`${codec} with audio is passed through`, async t => {
    const publication = await publish(page, server, 'phone', { codec, audio: true });
    t.equal(publication.status, 201, publication.body);
    await until('the camera is live', async () => (await server.camera('phone')).state === 'live');
    t.match(await server.camera('phone'), {
      publisher: String,
      encoder: null,
      video: { codec },
      audio: { codec: 'OPUS' },
      passthrough: { active: true },
    });
    const { keyframeRequests } = await publication.stats();
    const viewers = await openViewers(page, server, 'phone', 2, { codec, audio: true });
    await until('both see it move and hear it', async () =>
      (await viewers.stats()).every(({ framesDecoded, audioPackets }) => framesDecoded > 30 && audioPackets > 30),
    );
    t.ok((await publication.stats()).keyframeRequests > keyframeRequests, 'the publisher was asked for a keyframe');
    t.strictSame((await server.camera('phone')).renditions, [], 'nothing is encoded');
    await viewers.leave();
    t.equal(await publication.leave(), 200);
    await waiting();
    t.match((await server.sessions('ended')).at(-1), { protocol: 'whip', ended: { reason: 'client-delete' } });
  });
}

t.test('a viewer without the codec gets VP8 from an encoder that lives as long as they watch', async t => {
  for (const camera of ['phone', 't']) {
    const publication = camera === 'phone' ? await publish(page, server, 'phone', { codec: 'H264' }) : null;
    if (publication) await until('it is live', async () => (await server.camera('phone')).state === 'live');
    const own = await openViewers(page, server, camera, 1, { codec: 'H264' });
    const vp8 = await openViewers(page, server, camera, 2, { codec: 'VP8' });
    await until(
      'all see it',
      async () => [...(await own.stats()), ...(await vp8.stats())].every(({ framesDecoded }) => framesDecoded > 20),
      20_000,
    );
    // It is reported once a second.
    await until('its viewers are reported', async () => (await server.camera(camera)).renditions[0]?.viewers === 2);
    t.strictSame((await server.camera(camera)).renditions, [{ codec: 'VP8', encoder: 'vp8enc', viewers: 2 }]);
    await vp8.leave();
    await until('the second encoder is gone', async () => (await server.camera(camera)).renditions.length === 0);
    const [before] = await own.stats();
    await until('the other still sees it', async () => {
      const [now] = await own.stats();
      return (now?.framesDecoded ?? 0) > (before?.framesDecoded ?? 0) + 10;
    });
    await own.leave();
    await publication?.leave();
  }
});

t.test('one publisher at a time, unless another takes over', async t => {
  const first = await publish(page, server, 'phone');
  const second = await publish(page, server, 'phone');
  t.equal(second.status, 409);
  t.match(JSON.parse(second.body), { code: 'already-published' });
  await until('the first is live', async () => (await server.camera('phone')).state === 'live');
  const viewers = await openViewers(page, server, 'phone', 1);
  await until('the viewer sees it', async () => ((await viewers.stats())[0]?.framesDecoded ?? 0) > 5);
  const [viewer] = (await server.sessions()).filter(({ protocol }) => protocol === 'whep');
  const third = await publish(page, server, 'phone', { query: '?takeover=true' });
  t.equal(third.status, 201);
  t.equal((await server.sessions('ended')).at(-1)?.ended?.reason, 'takeover', 'the first is given the reason');
  await until('the third is live', async () => (await server.camera('phone')).state === 'live');
  const seen = (await viewers.stats())[0]?.framesDecoded ?? 0;
  await until('the viewer keeps seeing it', async () => ((await viewers.stats())[0]?.framesDecoded ?? 0) > seen + 20);
  t.ok(
    (await server.sessions()).some(({ id }) => id === viewer?.id),
    'in the same session',
  );
  const [another] = await joinAndLeave(page, server, 'phone', 1);
  t.ok(another?.firstFrameMs, 'and another');
  await first.vanish();
  await viewers.vanish();
  await third.leave();
  await waiting();
});

t.test('viewers of a lost publisher see a placeholder, and are disconnected if it does not return', async t => {
  const other = await emptyPage(browser, server);
  await publish(other, server, 'phone');
  await until('it is live', async () => (await server.camera('phone')).state === 'live');
  const viewers = await openViewers(page, server, 'phone', 1);
  await until('the viewer sees it', async () => ((await viewers.stats())[0]?.framesDecoded ?? 0) > 5);
  await other.close();
  const lost = await until('it is lost', async () => {
    const camera = await server.camera('phone');
    return camera.state === 'lost' && camera;
  });
  t.match(lost.problem?.detail, /no frame/);
  await until('the viewer is shown a placeholder', async () => (await server.camera('phone')).encoder === 'x264enc');
  const seen = (await viewers.stats())[0]?.framesDecoded ?? 0;
  await until('the placeholder moves', async () => ((await viewers.stats())[0]?.framesDecoded ?? 0) > seen + 40);
  await until('the publisher is gone', async () => (await server.camera('phone')).publisher === null, 20_000);
  await until('the viewer is disconnected', async () => (await server.sessions()).length === 0);
  const [publisher, viewer] = (await server.sessions('ended'))
    .slice(-2)
    .sort((a, b) => (a.protocol < b.protocol ? 1 : -1));
  t.match(publisher?.ended?.reason, /^(rtcp-timeout|peer-closed|ice-failed)$/);
  t.equal(viewer?.ended?.reason, 'publisher-left');
  await viewers.vanish();
});

t.test('GStreamer logged no warning', t => {
  t.strictSame(
    server.log.filter(line => /CRITICAL|assertion/.test(line)),
    [],
  );
  t.end();
});
