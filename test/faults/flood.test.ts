// Offers without a peer, 200 a second, while others watch.
import t from 'tap';
import { emptyPage, openViewers, serveWithBrowser } from '../helpers/browser.js';
import { readOffer } from '../helpers/fixtures.js';
import { IS_LONG } from '../helpers/long.js';
import { sleep } from '../helpers/server.js';

const SECONDS = IS_LONG ? 60 : 4;
const A_SECOND = 200;
const VIEWERS = 3;
const OFFER = readOffer('chromium-156');

t.test(`${A_SECOND} offers a second for ${SECONDS} s from one address do not disturb the viewers`, async t => {
  const { server, browser } = await serveWithBrowser(t, '--camera', 'cam=test');
  const viewers = await openViewers(await emptyPage(browser, server), server, 'cam', VIEWERS);
  const decoded = async (): Promise<number[]> => (await viewers.stats()).map(({ framesDecoded }) => framesDecoded);
  while (Math.min(...(await decoded())) < 30) await sleep(100);
  const worker = server.worker('cam');
  const statuses = new Map<number, number>();
  const before = await decoded();
  const began = performance.now();
  const asked: Promise<void>[] = [];
  for (let i = 0; i < A_SECOND * SECONDS; i++) {
    await sleep(Math.max(0, began + (i * 1000) / A_SECOND - performance.now()));
    const headers = { 'Content-Type': 'application/sdp' };
    asked.push(
      server.fetch('/whep/cam', { method: 'POST', headers, body: OFFER }).then(async answer => {
        await answer.arrayBuffer();
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      }),
    );
  }
  await Promise.all(asked);
  const seconds = (performance.now() - began) / 1000;
  const fps = (await decoded()).map((frames, i) => (frames - (before[i] ?? 0)) / seconds);
  t.comment(
    `${(asked.length / seconds).toFixed(0)} a second, answered ${JSON.stringify(Object.fromEntries(statuses))}; ` +
      `viewers saw ${fps.map(value => value.toFixed(1)).join(', ')} fps`,
  );
  t.strictSame(
    [...statuses.keys()].filter(status => ![201, 429, 503].includes(status)),
    [],
  );
  t.ok(statuses.has(429), 'there is a limit for one address');
  t.ok(Math.min(...fps) >= (IS_LONG ? 29 : 5), 'each kept seeing it');
  t.equal(server.worker('cam'), worker, 'with the same process');
  await viewers.leave();
});
