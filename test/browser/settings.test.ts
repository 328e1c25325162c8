/// <reference lib="dom" />
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { hashToken, makeToken, showHash } from '../../src/server/access/tokens.js';
import { serveWithBrowser } from '../helpers/browser.js';
import { until } from '../helpers/server.js';

const tile = (camera: string): string => `camera-tile[data-camera="${camera}"]`;
const playing = (page: Page, camera: string): Promise<unknown> =>
  page.waitForSelector(`${tile(camera)} camera-player[state="playing"]`, { timeout: 30_000 });
const CONFIG = `# The robot in the yard.
cameras:
  front:
    source: test # no lens
    name: Front
  rear:
    source: test
`;

t.test('settings of a camera: changed, rejected, and changed by another client at the same time', async t => {
  const file = join(t.testdir({ 'robot.yaml': CONFIG }), 'robot.yaml');
  const { server, browser } = await serveWithBrowser(t, '--config', file);
  const page = await browser.newPage();
  await page.goto(`${server.origin}/#token=${server.token}&camera=front`);
  await playing(page, 'front');
  await page.keyboard.press('e');
  await page.waitForSelector('camera-settings #setting-name:enabled');
  t.equal(await page.inputValue('#setting-name'), 'Front');
  t.equal(await page.inputValue('#setting-bitrate'), '1000');
  t.ok(await page.isHidden('camera-controls'), 'a test source has no controls');

  await page.fill('#setting-name', 'Bow');
  await page.fill('#setting-bitrate', '700');
  await page.keyboard.press('Enter');
  await page.waitForSelector('camera-settings .message.good');
  t.match(await server.camera('front'), { name: 'Bow', settings: { bitrate: 700_000, width: 640 } });
  await until('the tile has the new name', async () => (await page.textContent(`${tile('front')} .name`)) === 'Bow');
  t.match(readFileSync(file, 'utf8'), /^# The robot in the yard\.[\s\S]*source: test # no lens[\s\S]*bitrate: 700000/);

  // Two numbers that the browser would not submit.
  for (const [key, value] of [
    ['width', '641'],
    ['framerate', '1000'],
  ] as const) {
    await page.$eval('camera-settings form', form => {
      for (const input of form.querySelectorAll('input')) {
        for (const limit of ['min', 'max', 'step']) input.removeAttribute(limit);
        if (input.type === 'number') input.setAttribute('step', 'any');
      }
    });
    const before = await page.inputValue(`#setting-${key}`);
    await page.fill(`#setting-${key}`, value);
    await page.keyboard.press('Enter');
    await until(`the error stands at ${key}`, async () => (await page.textContent(`#setting-${key}-error`)) !== '');
    t.match(await page.textContent(`#setting-${key}-error`), key);
    await page.fill(`#setting-${key}`, before);
  }

  await page.fill('#setting-name', 'Stem');
  const headers = { 'Content-Type': 'application/json' };
  await server.fetch('/api/v1/cameras/front', { method: 'PATCH', headers, body: '{"keyframeInterval":90}' });
  await page.keyboard.press('Enter');
  await page.waitForFunction(() =>
    document.querySelector('camera-settings .message')?.textContent?.includes('Somebody else'),
  );
  t.equal(await page.inputValue('#setting-keyframeInterval'), '90', 'what they changed is shown');
  t.equal(await page.inputValue('#setting-name'), 'Stem', 'what was typed stays');
  await page.click('camera-settings button.primary >> nth=0');
  await page.waitForSelector('camera-settings .message.good');
  t.match(await server.camera('front'), { name: 'Stem', settings: { keyframeInterval: 90 } });
  await playing(page, 'front');
});

t.test('cameras are added and removed, and every page follows', async t => {
  const file = join(t.testdir({ 'robot.yaml': CONFIG }), 'robot.yaml');
  const { server, browser } = await serveWithBrowser(t, '--config', file);
  const [page, other] = [await browser.newPage(), await browser.newPage()];
  for (const one of [page, other]) {
    await one.goto(`${server.origin}/#token=${server.token}`);
    await playing(one, 'rear');
  }
  const sessions = () => other.getAttribute(`${tile('rear')} camera-player`, 'data-sessions');
  const before = await sessions();
  await page.click('#add');
  await page.fill('#new-source', 'test');
  await page.fill('#new-name', 'On the Mast');
  t.equal(await page.inputValue('#new-id'), 'on-the-mast');
  await page.keyboard.press('Enter');
  for (const one of [page, other]) await playing(one, 'on-the-mast');
  t.equal(await page.locator('dialog[open]').count(), 0);

  await page.click('#add');
  await page.fill('#new-source', 'test');
  await page.fill('#new-id', 'front');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog .message:not([hidden])');
  t.match(await page.textContent('dialog .message'), 'front', 'an id that is in use');
  await page.keyboard.press('Escape');

  await page.click(`${tile('front')} .name`);
  await page.click(`${tile('front')} .tool-settings`);
  await page.waitForSelector('camera-settings #setting-name:enabled');
  await page.click('camera-settings .end button.danger:visible');
  await page.click('camera-settings .end button:has-text("Keep it")');
  t.equal(await page.locator(tile('front')).count(), 1);
  await page.click('camera-settings .end button.danger:visible');
  await page.click('camera-settings .end .buttons button.danger');
  for (const one of [page, other]) await one.waitForSelector(tile('front'), { state: 'detached' });
  await page.waitForFunction(() => !document.querySelector('camera-tile[enlarged]'));
  for (const one of [page, other]) await playing(one, 'rear');
  t.notMatch(readFileSync(file, 'utf8'), 'front');
  t.equal(await sessions(), before, 'another camera keeps its session');
});

t.test('without an admin token nothing can be changed', async t => {
  const token = makeToken();
  const tokens = [{ name: 'tablet', hash: showHash(hashToken(token)), permissions: [{ role: 'view' }] }];
  const config = JSON.stringify({ cameras: { front: { source: 'test' } }, access: { tokens } });
  const { server, browser } = await serveWithBrowser(
    t,
    '--config',
    join(t.testdir({ 'robot.yaml': config }), 'robot.yaml'),
  );
  const page = await browser.newPage();
  await page.goto(`${server.origin}/#token=${token}&camera=front`);
  await playing(page, 'front');
  await page.keyboard.press('e');
  t.equal(await page.locator('camera-settings').count(), 0);
  t.ok((await page.isHidden('.tool-settings')) && (await page.isHidden('#add')));
});
