/// <reference lib="dom" />
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { hashToken, makeToken, showHash } from '../../src/server/access/tokens.js';
import { launchChromium, serveWithBrowser } from '../helpers/browser.js';
import { grows } from '../helpers/frames.js';
import { rtspCamera } from '../helpers/rtsp-camera-process.js';
import { startServer, type TestServer, until } from '../helpers/server.js';

const TRAFFIC = new URL('../../../../shared/data/car-detection.mp4', import.meta.url);
const player = (camera: string): string => `camera-tile[data-camera="${camera}"] camera-player`;

async function openDashboard(page: Page, server: TestServer, origin = server.origin): Promise<void> {
  await page.goto(`${origin}/#token=${server.token}`);
}

const playing = (page: Page, camera: string): Promise<unknown> =>
  page.waitForSelector(`${player(camera)}[state="playing"]`, { timeout: 30_000 });

/** Whether the visible video changes: compares two reads of its pixels. */
function moves(page: Page, camera: string): Promise<boolean> {
  return page.$eval(player(camera), async element => {
    const video = (element as HTMLElement & { video: HTMLVideoElement }).video;
    const look = (): Uint8ClampedArray => {
      const canvas = document.createElement('canvas');
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      const context = canvas.getContext('2d');
      context?.drawImage(video, 0, 0);
      return context?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray();
    };
    const first = look();
    await new Promise(resolve => setTimeout(resolve, 500));
    const second = look();
    return first.length > 0 && first.some((value, i) => Math.abs(value - (second[i] ?? 0)) > 40);
  });
}

t.test('the dashboard plays every camera, on an address that is not loopback', async t => {
  const { server, browser } = await serveWithBrowser(t, '--camera', 'front=test', '--camera', 'rear=test');
  const address = Object.values(networkInterfaces())
    .flatMap(list => list ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
  const origin = `http://${address ?? '127.0.0.1'}:${server.port}`;
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', error => complaints.push(String(error)));
  const sockets: string[] = [];
  page.on('websocket', socket => sockets.push(socket.url()));
  const asked: string[] = [];
  page.on('request', request => asked.push(request.url()));
  await openDashboard(page, server, origin);
  await playing(page, 'front');
  await playing(page, 'rear');
  t.ok(await moves(page, 'front'), 'the video moves');
  t.notMatch(page.url(), /token/, 'the token is gone from the address');
  t.strictSame(
    sockets,
    [`${origin.replace('http', 'ws')}/api/v1/events?freshness=500`],
    'it listens, with one connection',
  );
  // The page's own address has it after the #, which is never sent.
  for (const url of asked.slice(1)) t.notMatch(url, server.token, 'it is in no requested URL');
  t.equal(await page.evaluate(() => isSecureContext), address === undefined, 'it needs no secure context');
  await until('there are statistics', async () => Number(await page.getAttribute(player('front'), 'data-fps')) > 5);

  await page.keyboard.press('2');
  await page.waitForSelector('camera-tile[data-camera="rear"][enlarged]');
  await page.waitForFunction(
    () => document.querySelector('camera-details dd[data-figure="Round trip"]')?.textContent?.includes('ms'),
    undefined,
    { timeout: 30_000 },
  );
  await page.waitForFunction(() =>
    /^0\.\d\ss ago$/.test(document.querySelector('camera-details dd[data-figure="Newest frame"]')?.textContent ?? ''),
  );
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('camera-tile[enlarged]'));
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.click('camera-tile[data-camera="front"] .tool-snapshot'),
  ]);
  t.match(download.suggestedFilename(), /^front-.*\.png$/);

  await page.setViewportSize({ width: 390, height: 844 });
  t.ok(
    await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    'a phone need not scroll sideways',
  );
  t.strictSame(complaints, [], 'nothing violates the Content-Security-Policy, nothing failed');
});

t.test('a player reconnects when the worker is killed, and shows that it does', async t => {
  const { server, browser } = await serveWithBrowser(t, '--camera', 'front=test', '--camera', 'rear=test');
  const page = await browser.newPage();
  await openDashboard(page, server);
  await playing(page, 'front');
  await playing(page, 'rear');
  const rear = async () => (await server.sessions()).find(({ camera }) => camera === 'rear')?.id;
  const before = await rear();
  t.ok(before);
  // It may be back before the first check.
  await page.$eval(player('front'), element => {
    element.addEventListener('statechange', () => element.setAttribute('data-disturbed', ''));
  });
  const began = performance.now();
  process.kill(server.worker('front'), 'SIGKILL');
  await page.waitForSelector(`${player('front')}[data-disturbed]`);
  const noticed = performance.now() - began;
  await playing(page, 'front');
  t.comment(`noticed after ${Math.round(noticed)} ms, playing after ${Math.round(performance.now() - began)} ms`);
  t.ok(await moves(page, 'front'));
  t.equal(await rear(), before, 'the other camera continues in the same session');
  t.ok(await moves(page, 'rear'));
});

t.test('the dashboard follows events instead of polling, and polls where there are none', async t => {
  const { server, browser } = await serveWithBrowser(t, '--camera', 'front=test');
  const asked = async (page: Page): Promise<() => number> => {
    let count = 0;
    page.on('request', request => {
      if (request.url().endsWith('/api/v1/cameras')) count++;
    });
    await openDashboard(page, server);
    await playing(page, 'front');
    return () => count;
  };
  const pushed = await browser.newPage();
  const byPushed = await asked(pushed);
  const alone = await browser.newPage();
  await alone.routeWebSocket(/events/, socket => void socket.close());
  const byAlone = await asked(alone);
  const [before, beforeAlone] = [byPushed(), byAlone()];
  await until('a page without events polls', () => byAlone() - beforeAlone >= 2);
  t.equal(byPushed() - before, 0, 'a page with events does not poll');
  await pushed.click('camera-tile .name');
  await pushed.waitForFunction(
    () => document.querySelector('camera-details dd[data-figure="Viewers"]')?.textContent === '2',
  );
  await alone.close();
  await pushed.waitForFunction(
    () => document.querySelector('camera-details dd[data-figure="Viewers"]')?.textContent === '1',
  );
  t.pass("the camera's statistics arrive too");
});

t.test('a lost camera shows a placeholder, counts as lost, and comes back in the same session', async t => {
  const camera = await rtspCamera(t, 0, 'constrained-baseline', 30);
  const { server, browser } = await serveWithBrowser(t, '--camera', `door=rtsp://127.0.0.1:${camera.port}/live`);
  const page = await browser.newPage();
  await openDashboard(page, server);
  await playing(page, 'door');
  const decodes = async () => Number(await page.getAttribute(player('door'), 'data-frames'));
  await until('it plays smoothly', async () => (await decodes()) > 60);
  const began = performance.now();
  camera.kill();
  await page.waitForSelector(`${player('door')}:not([state="playing"])`);
  t.comment(`not live any more after ${Math.round(performance.now() - began)} ms`);
  await page.waitForSelector(`${player('door')}[state="lost"]`, { timeout: 30_000 });
  const overlay = (): Promise<string> =>
    page.$eval(player('door'), element => element.shadowRoot?.querySelector('.overlay')?.textContent ?? '');
  t.match(await overlay(), /CAMERA LOST\s*since \d+\s*s/);
  t.match(await page.title(), '1 lost');
  const before = await decodes();
  await until('the placeholder is decoded', async () => (await decodes()) > before + 20);
  t.equal(await page.getAttribute(player('door'), 'state'), 'lost', 'although frames keep coming');
  await rtspCamera(t, camera.port, 'constrained-baseline', 30);
  await playing(page, 'door');
  t.strictSame(await server.sessions('ended'), []);
});

t.test('the dashboard reconnects after a restart of the server', async t => {
  const first = await startServer('--camera', 'front=test', '--state-dir', t.testdir());
  const browser = await launchChromium();
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  await openDashboard(page, first);
  await playing(page, 'front');
  await first.close();
  await page.waitForSelector('#banner:not([hidden])');
  await page.waitForSelector(`${player('front')}:not([state="playing"])`);
  const again = await startServer('--camera', 'front=test', '--state-dir', t.testdirName, '--port', String(first.port));
  t.teardown(() => again.close());
  await playing(page, 'front');
  await page.waitForSelector('#banner', { state: 'hidden' });
  t.ok(await moves(page, 'front'));
});

t.test('a token for one camera opens only that one, and ends its session', async t => {
  const token = makeToken();
  const [hash, role] = [showHash(hashToken(token)), 'view'];
  const config = {
    cameras: { front: { source: 'test' }, rear: { source: 'test' } },
    access: {
      tokens: [{ name: 'tablet', hash, permissions: [{ role, cameras: ['front'] }] }],
      requireTokenOnSessions: true,
    },
  };
  // JSON is YAML.
  const folder = t.testdir({ 'robot.yaml': JSON.stringify(config) });
  const { server, browser } = await serveWithBrowser(t, '--config', join(folder, 'robot.yaml'));
  const page = await browser.newPage();
  const refused: string[] = [];
  page.on('response', response => response.status() >= 400 && refused.push(`${response.status()} ${response.url()}`));
  await page.goto(`${server.origin}/#token=${token}`);
  await playing(page, 'front');
  t.equal(await page.locator('camera-tile').count(), 1);
  t.match(await page.textContent('#system'), 'encoder');
  t.strictSame(refused, [], 'it requests nothing that it may not see');
  await page.click('#sign-out');
  await until('the session has ended', async () => (await server.sessions('ended')).length === 1);
  t.match(await server.sessions('ended'), [{ camera: 'front', ended: { reason: 'client-delete' } }]);
});

t.test('without a token it asks for one, and it reports a wrong one', async t => {
  const { server, browser } = await serveWithBrowser(t, '--camera', 'front=test');
  const page = await browser.newPage();
  await page.goto(server.origin);
  await page.fill('#token', 'not-the-token-of-this-server');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => (document.querySelector('#token-error')?.textContent ?? '') !== '');
  await page.fill('#token', server.token);
  await page.keyboard.press('Enter');
  await playing(page, 'front');
  t.pass('the right one opens it');

  const other = await browser.newPage();
  await other.goto(`${server.origin}/#token=${server.token}&camera=front`);
  await other.waitForSelector('camera-tile[data-camera="front"][enlarged]');
  t.notMatch(other.url(), /token/, 'a URL opens one camera at once, and hides the token');
});

t.test('real traffic from a file', { skip: existsSync(TRAFFIC) ? false : 'the footage is not there' }, async t => {
  const { server, browser } = await serveWithBrowser(t, '--camera', `road=file:${TRAFFIC.pathname}`);
  const page = await browser.newPage();
  await openDashboard(page, server);
  await playing(page, 'road');
  const shown = () =>
    page.$eval(
      player('road'),
      element =>
        (element as HTMLElement & { video: HTMLVideoElement }).video.getVideoPlaybackQuality().totalVideoFrames,
    );
  await grows('its frames are shown, 12.5 a second', shown, 60);
  t.ok(await moves(page, 'road'));
  t.match(await server.camera('road'), {
    video: { width: 768, height: 432 },
    passthrough: { active: false, reason: /4\.8 s apart/ },
  });
});
