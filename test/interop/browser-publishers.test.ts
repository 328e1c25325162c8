import t from 'tap';
import { FAKE_DEVICES, launchChromium } from '../helpers/browser.js';
import { openElsewhere, openOnServer } from '../helpers/client-page.js';
import { published } from '../helpers/publishing.js';
import { footprint, requests } from '../helpers/seen.js';
import { lingering } from '../helpers/server.js';

const server = await lingering(t, '--camera', 'phone=whip');
const browser = await launchChromium(...FAKE_DEVICES);
t.teardown(() => browser.close());
const stage = { server, camera: 'phone', browser, isBack: await footprint(server, 'phone', null) };
const url = `${server.origin}/whip/phone`;
const size = '640x480';

t.test("Eyevinn's whip-web-client, on the server's own origin", async t => {
  const before = requests(server).length;
  const client = await openOnServer(await browser.newPage(), server.origin, 'whip-web-client');
  await client.start(url, server.token);
  await published(t, stage, client, { size, sound: true });
  const had = requests(server).slice(before);
  t.ok(had.includes('PATCH /whip/:camera/:secret 204'), had.join(', '));
});

t.test('whip-whep, from another origin', async t => {
  const client = await openElsewhere(t, await browser.newPage(), 'whip-whep-publisher');
  await client.start(url, server.token);
  await published(t, stage, client, { size, sound: true });
});

for (const codec of ['H264', 'VP8', 'VP9'])
  t.test(`a custom page that offers ${codec}`, async t => {
    const client = await openElsewhere(t, await browser.newPage(), 'whip', `?codec=${codec}`);
    await client.start(url, server.token);
    await published(t, stage, client, { codec, size, sound: true });
  });

t.test('like OBS: no candidates, no PATCH, exactly 201 and 200', async t => {
  const before = requests(server).length;
  const client = await openElsewhere(t, await browser.newPage(), 'whip', '?codec=H264&like=obs');
  await client.start(url, server.token);
  await published(t, stage, client, { codec: 'H264', size, sound: true });
  t.strictSame(
    requests(server)
      .slice(before)
      .filter(request => /whip/.test(request) && !request.startsWith('OPTIONS')),
    ['POST /whip/:camera 201', 'DELETE /whip/:camera/:secret 200'],
  );
});
