// The network between a robot and its viewers: down and up again, and bad.
import type { Page } from 'playwright-core';
import t from 'tap';
import { emptyPage, launchChromium, openViewers } from '../helpers/browser.js';
import { IS_LONG } from '../helpers/long.js';
import { startLossyPath } from '../helpers/lossy-path.js';
import { makeNetSpace } from '../helpers/net-space.js';
import { startRecv } from '../helpers/recv.js';
import { sleep, startServer, startServerUnder, until } from '../helpers/server.js';

/** s; with `FAULTS=long` longer than any session lives. */
const CUT_S = IS_LONG ? 45 : 6;
/** ms; TCP backs off exponentially before it retransmits. */
const TIMEOUT_MS = 60_000;
const LOSS = 0.2;
/** ms */
const JITTER_MS = 100;
/** ms that `recv` waits for late or retransmitted packets: more than their delay. */
const WAITS_MS = 300;
/** For handshakes with packet loss, and a browser that starts on a busy machine. */
const timeout = 150_000;
const WATCHED_S = 60;
/** Skipped in the short form; recv/loss tests loss. */
const shortly = IS_LONG ? false : 'FAULTS=long runs it';
const TILE = 'camera-tile[data-camera="cam"] camera-player';

const framesOf = async (page: Page): Promise<number> => Number(await page.getAttribute(TILE, 'data-frames'));

t.test(`the network is away for ${CUT_S} s: the dashboard and recv reconnect by themselves`, { timeout }, async t => {
  const space = makeNetSpace(t);
  if (typeof space === 'string') {
    t.pass('not tried here', { skip: space });
    return;
  }
  const server = await startServerUnder(space.command, '--host', space.host, '--camera', 'cam=test');
  t.teardown(() => server.close());
  // After its network is there.
  const browser = await launchChromium();
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${server.origin}/#token=${server.token}`);
  await page.waitForSelector(`${TILE}[state="playing"]`);
  const recv = startRecv(t, [server.origin, '--headless'], { token: server.token });
  await recv.heard('frame', 'cam');

  space.cut();
  const cutAt = performance.now();
  const noticed = { dashboard: 0, recv: 0 };
  await Promise.all([
    page.waitForSelector(`${TILE}:not([state="playing"])`).then(() => {
      noticed.dashboard = Math.round(performance.now() - cutAt);
    }),
    recv.heard('stale', 'cam').then(() => {
      noticed.recv = Math.round(performance.now() - cutAt);
    }),
  ]);
  await sleep(Math.max(0, CUT_S * 1000 - (performance.now() - cutAt)));
  const before = recv.events.length;
  space.mend();
  const restoredAt = performance.now();
  const back = { dashboard: 0, recv: 0 };
  await Promise.all([
    page.waitForSelector(`${TILE}[state="playing"]`, { timeout: TIMEOUT_MS }).then(async () => {
      back.dashboard = Math.round(performance.now() - restoredAt);
      const frames = await framesOf(page);
      await until('its video continues', async () => (await framesOf(page)) > frames + 10);
    }),
    until(
      'recv shows video again',
      () => recv.events.slice(before).some(({ event }) => event === 'frame' || event === 'fresh'),
      TIMEOUT_MS,
    ).then(() => {
      back.recv = Math.round(performance.now() - restoredAt);
    }),
  ]);
  t.comment(`noticed after ${JSON.stringify(noticed)} ms, back after ${JSON.stringify(back)} ms`);
  await until('no viewer is counted twice', async () => (await server.sessions()).length === 2, TIMEOUT_MS);
  t.equal(server.log.filter(line => line.includes('camera worker exited')).length, 0);
  t.equal(await recv.stop(), 0);
});

t.test(
  `${LOSS * 100} % loss and ${JITTER_MS} ms of jitter: the video continues`,
  { timeout, skip: shortly },
  async t => {
    const server = await startServer('--camera', 'cam=test');
    t.teardown(() => server.close());
    const loses = (): boolean => Math.random() < LOSS;
    const delayMs = (): number => Math.random() * JITTER_MS;
    const [toRecv, toChromium] = await Promise.all([
      startLossyPath(t, server.origin, loses, { delayMs }),
      startLossyPath(t, server.origin, loses, { delayMs }),
    ]);
    const browser = await launchChromium();
    t.teardown(() => browser.close());
    const endpoint = { origin: toChromium.origin, token: server.token };
    const viewers = await openViewers(await emptyPage(browser, endpoint), endpoint, 'cam', 1);
    const recv = startRecv(t, [toRecv.origin, '--headless', '--jitter-ms', String(WAITS_MS)], { token: server.token });
    const decoded = async (): Promise<number> => (await viewers.stats())[0]?.framesDecoded ?? 0;
    // Handshakes lose packets too.
    await until('Chromium sees', async () => (await decoded()) > 0, TIMEOUT_MS);
    await until('recv shows video', () => recv.events.some(({ event }) => event === 'frame'), TIMEOUT_MS);
    const before = await decoded();
    const began = performance.now();
    await sleep(WATCHED_S * 1000);
    const fps = ((await decoded()) - before) / ((performance.now() - began) / 1000);
    const [stats] = await viewers.stats();
    const { frames, fps: fpsOfRecv, keyframeRequests } = recv.figures('cam');
    t.comment(
      `Chromium ${fps.toFixed(1)} fps, ${stats?.freezeCount} freezes, ${stats?.keyFramesDecoded} keyframes; ` +
        `recv ${fpsOfRecv} fps, ${frames} frames, ${keyframeRequests} keyframes requested; ` +
        `lost ${JSON.stringify([toChromium.counts(), toRecv.counts()])}`,
    );
    t.ok(fps > 3, `Chromium continues: ${fps.toFixed(1)} fps`);
    const now = Number(frames);
    await until('recv continues', () => Number(recv.figures('cam').frames) > now, TIMEOUT_MS);
    t.equal((await server.sessions('ended')).filter(({ ended }) => ended?.reason !== 'client-delete').length, 0);
    await viewers.leave();
    t.equal(await recv.stop(), 0);
  },
);
