/// <reference lib="dom" />
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { serveWithBrowser } from '../helpers/browser.js';
import { makeVideo } from '../helpers/make-video.js';
import { sleep, type TestServer, until } from '../helpers/server.js';

// A real Chromium reads the mark from the pixels that it decoded.

const PLAYER = 'camera-tile[data-camera="front"] camera-player';

const setOverlay = async (server: TestServer, overlay: string): Promise<void> => {
  const headers = { 'Content-Type': 'application/merge-patch+json' };
  const body = JSON.stringify({ overlay });
  const response = await server.fetch('/api/v1/cameras/front', { method: 'PATCH', headers, body });
  if (response.status !== 200) throw new Error(await response.text());
};

/** The player's latency from the time mark; null where it shows none. */
const latency = (page: Page) =>
  page.$eval(PLAYER, player => {
    const { figures } = player as unknown as { figures?: { capture?: Record<string, number> } };
    return figures?.capture ?? null;
  });

async function watched(page: Page, server: TestServer): Promise<void> {
  await page.goto(`${server.origin}/#token=${server.token}&camera=front`);
  await page.waitForSelector(`${PLAYER}[state="playing"]`, { timeout: 30_000 });
}

t.test('a time mark that is enabled during a session is read, and gives the latency', async t => {
  const { server, browser } = await serveWithBrowser(t, '--config', configured(t.testdir(), 'test'));
  const page = await browser.newPage();
  await watched(page, server);
  const [session] = await server.sessions();
  const asked: string[] = [];
  page.on('request', request => asked.push(new URL(request.url()).pathname));
  await sleep(500);
  t.equal(await latency(page), null);
  t.notOk(asked.includes('/api/v1/clock'), 'without a mark the clock is not requested');

  await setOverlay(server, 'timemark');
  const first = await until('it is read', async () => ((await latency(page))?.count ?? 0) >= 5 && latency(page));
  t.ok(first.p50 !== undefined && first.p50 > 0 && first.p50 < 2_000, JSON.stringify(first));
  t.ok(first.errorMs !== undefined && first.errorMs > 0 && first.errorMs < 1_000);
  const later = await until('it moves', async () => ((await latency(page))?.count ?? 0) >= 9 && latency(page));
  t.ok(later.p50 !== undefined && later.p99 !== undefined && later.p50 <= later.p99, JSON.stringify(later));
  const shown = () => page.textContent('camera-tile[data-camera="front"] .figure[data-key="age"]');
  await until('the tile shows it', async () => /\d\s±\d+\sms/.test((await shown()) ?? ''));

  await setOverlay(server, 'none');
  await until('the latency is no longer shown', async () => (await latency(page)) === null);
  t.ok(await page.isHidden('camera-tile[data-camera="front"] .figure[data-key="age"]'));
  await page.waitForSelector(`${PLAYER}[state="playing"]`);
  t.strictSame(
    (await server.sessions()).map(({ id }) => id),
    [session?.id],
    'in one session',
  );
});

t.test('a passthrough stream is re-encoded for a time mark', async t => {
  const dir = t.testdir();
  const video = makeVideo(join(dir, 'v.mp4'), { frames: 60, fps: 30, keyframeInterval: 30 });
  const { server, browser } = await serveWithBrowser(t, '--config', configured(dir, `file:${video}`));
  const page = await browser.newPage();
  await watched(page, server);
  t.match(await server.camera('front'), { passthrough: { active: true }, encoder: null });
  const [session] = await server.sessions();
  await setOverlay(server, 'timemark');
  const found = await until('it is read', async () => ((await latency(page))?.count ?? 0) >= 3 && latency(page));
  t.ok(found.p50 !== undefined && found.p50 > 0 && found.p50 < 2_000, JSON.stringify(found));
  t.match(await server.camera('front'), { passthrough: { active: false, reason: /overlay/ }, encoder: String });
  t.strictSame(
    (await server.sessions()).map(({ id }) => id),
    [session?.id],
    'in one session',
  );
});

function configured(dir: string, source: string): string {
  const file = join(dir, 'robot.yaml');
  writeFileSync(file, `cameras: { front: { source: '${source}', width: 320, height: 240 } }\n`);
  return file;
}
