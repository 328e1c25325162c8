import t from 'tap';
import { launchChromium } from '../helpers/browser.js';
import { openElsewhere } from '../helpers/client-page.js';
import { startProgram } from '../helpers/client-program.js';
import { readOffer } from '../helpers/fixtures.js';
import { missing } from '../helpers/python-program.js';
import { footprint, requests, visit } from '../helpers/seen.js';
import { lingering } from '../helpers/server.js';

const server = await lingering(t, '--camera', 'cam=test');
const browser = await launchChromium();
t.teardown(() => browser.close());
const isBack = await footprint(server, 'cam', readOffer('chromium-156'));
const url = `${server.origin}/whep/cam`;

t.test("like MediaMTX's own player, in Chromium, from another origin", async t => {
  const client = await openElsewhere(t, await browser.newPage(), 'mediamtx-reader');
  const before = requests(server).length;
  await client.start(url, server.token);
  await visit(t, server, client, { isBack, size: '640x480' });
  const had = requests(server).slice(before);
  t.ok(had.includes('OPTIONS /whep/:camera 204'));
  t.ok(had.includes('PATCH /whep/:camera/:secret 204'), had.join(', '));
  t.strictSame(
    had.filter(request => / [45]\d\d$/.test(request)),
    [],
    'nothing was refused',
  );
});

t.test(
  'like MediaMTX with a WHEP source: candidates after the offer, with the ETag',
  {
    skip: missing('gi', 'python3-gi'),
  },
  async t => {
    const client = startProgram(t, 'webrtcbin_client.py', 'watch', url, server.token, '--trickle');
    const before = requests(server).length;
    await visit(t, server, client, { isBack, size: '640x480' });
    t.notMatch(client.negotiated().offer, 'a=candidate');
    t.strictSame(requests(server).slice(before), [
      'POST /whep/:camera 201',
      'PATCH /whep/:camera/:secret 204',
      'DELETE /whep/:camera/:secret 200',
    ]);
  },
);
