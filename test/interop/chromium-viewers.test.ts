import t from 'tap';
import { launchChromium } from '../helpers/browser.js';
import { openElsewhere, openOnServer } from '../helpers/client-page.js';
import { readOffer } from '../helpers/fixtures.js';
import { footprint, requests, visit } from '../helpers/seen.js';
import { lingering } from '../helpers/server.js';

const SIZE = '640x480';
const server = await lingering(t, '--camera', 'cam=test');
const browser = await launchChromium();
t.teardown(() => browser.close());
const isBack = await footprint(server, 'cam', readOffer('chromium-156'));
const url = `${server.origin}/whep/cam`;

t.test('a custom page, from another origin', async t => {
  const client = await openElsewhere(t, await browser.newPage(), 'bare');
  await client.start(url, server.token);
  await visit(t, server, client, { isBack, size: SIZE });
});

t.test('whip-whep, from another origin', async t => {
  const client = await openElsewhere(t, await browser.newPage(), 'whip-whep-viewer');
  const before = requests(server).length;
  await client.start(url, server.token);
  await visit(t, server, client, { isBack, size: SIZE });
  t.match(requests(server).slice(before), ['OPTIONS /whep/:camera 204', 'POST /whep/:camera 201']);
});

t.test('Eyevinn\'s webrtc-player, on the server\'s own origin; the token without "Bearer"', async t => {
  const client = await openOnServer(await browser.newPage(), server.origin, 'eyevinn-player');
  await client.start(url, server.token);
  await visit(t, server, client, { isBack, size: SIZE });
});

t.test("Eyevinn's webrtc-player, from another origin", async t => {
  const client = await openElsewhere(t, await browser.newPage(), 'eyevinn-player');
  await client.start(url, server.token);
  await visit(t, server, client, { isBack, size: SIZE });
});
