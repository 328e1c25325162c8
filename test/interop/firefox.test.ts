import t from 'tap';
import { launchChromium } from '../helpers/browser.js';
import { openElsewhere } from '../helpers/client-page.js';
import { launchFirefox, noFirefox } from '../helpers/firefox.js';
import { readOffer } from '../helpers/fixtures.js';
import { published } from '../helpers/publishing.js';
import { footprint, visit } from '../helpers/seen.js';
import { lingering, until } from '../helpers/server.js';

const skip = noFirefox;
const server = await lingering(t, '--camera', 'cam=test', '--camera', 'phone=whip');
const firefox = skip ? null : await launchFirefox();
const browser = await launchChromium();
t.teardown(async () => {
  await firefox?.close();
  await browser.close();
});
// One that supports only VP8, as Debian's Firefox.
const isBack = await footprint(server, 'cam', readOffer('firefox-no-h264'));
const url = `${server.origin}/whep/cam`;

/** A new page in the foreground: only there are frames drawn. */
async function newPage() {
  if (!firefox) throw new Error('there is no Firefox');
  return await firefox.newPage();
}

t.test('a custom page: without H.264 it is sent VP8', { skip }, async t => {
  const client = await openElsewhere(t, await newPage(), 'bare');
  await client.start(url, server.token);
  await until('VP8 is encoded for it', async () =>
    (await server.camera('cam')).renditions.some(({ codec, viewers }) => codec === 'VP8' && viewers === 1),
  );
  await visit(t, server, client, { isBack, size: '640x480' });
  await until('the second encoder is gone', async () => (await server.camera('cam')).renditions.length === 0);
});

t.test('whip-whep', { skip }, async t => {
  const client = await openElsewhere(t, await newPage(), 'whip-whep-viewer');
  await client.start(url, server.token);
  await visit(t, server, client, { isBack, size: '640x480' });
});

t.test("Eyevinn's webrtc-player", { skip }, async t => {
  const client = await openElsewhere(t, await newPage(), 'eyevinn-player');
  await client.start(url, server.token);
  await visit(t, server, client, { isBack, size: '640x480' });
});

t.test('Firefox publishes', { skip }, async t => {
  const stage = { server, camera: 'phone', browser, isBack: await footprint(server, 'phone', null) };
  const client = await openElsewhere(t, await newPage(), 'whip');
  await client.start(`${server.origin}/whip/phone`, server.token);
  await published(t, stage, client, { plain: true, sound: true });
});
