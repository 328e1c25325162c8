// The servers that receivers are tested with, watched by clients that are not of this project either: what is wrong with
// them shows here first.
import t from 'tap';
import { launchChromium } from '../helpers/browser.js';
import { openElsewhere } from '../helpers/client-page.js';
import { startProgram } from '../helpers/client-program.js';
import { startForeignServer } from '../helpers/foreign-server.js';
import { missing } from '../helpers/python-program.js';
import { sees } from '../helpers/seen.js';
import { until } from '../helpers/server.js';

const TOKEN = 'a-token-of-theirs';
const browser = await launchChromium();
t.teardown(() => browser.close());

t.test('webrtcbin as a WHEP server', { skip: missing('gi', 'python3-gi') }, async t => {
  const server = await startForeignServer(t, 'webrtcbin_whep.py', '--token', TOKEN, '--relative-location');

  await t.test('Chromium sees it', async t => {
    const client = await openElsewhere(t, await browser.newPage(), 'bare');
    await client.start(server.url, TOKEN);
    t.match(await sees(client), { width: 480, height: 270 });
    t.equal(await client.leave(), 200);
    t.equal((await server.heard('ended')).why, 'delete');
  });

  await t.test('webrtcbin, which trickles, sees it', async t => {
    const client = startProgram(t, 'webrtcbin_client.py', 'watch', server.url, TOKEN, '--trickle');
    t.match(await sees(client), { width: 480, height: 270 });
    t.equal(await client.leave(), 200);
  });

  await t.test('it demands the token', async t => {
    const headers = { 'Content-Type': 'application/sdp', Authorization: 'Bearer another' };
    const { offer } = await server.heard('begun');
    const response = await fetch(server.url, { method: 'POST', headers, body: offer });
    t.equal(response.status, 401);
    await until('it has told it', () => server.events.some(event => event.event === 'request' && event.status === 401));
  });

  await t.test('without H.264, and short-lived', async t => {
    const { offer } = await server.heard('begun', 2);
    const post = (url: string): Promise<Response> =>
      fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: offer });
    const without = await startForeignServer(t, 'webrtcbin_whep.py', '--no-h264');
    t.equal((await post(without.url)).status, 406);
    const silent = await startForeignServer(
      t,
      'webrtcbin_whep.py',
      ...['--no-h264', '--refusal', 'inactive', '--die-after', '0.1'],
    );
    const response = await post(silent.url);
    t.equal(response.status, 201);
    t.match(await response.text(), /^a=inactive/m);
    await silent.closed;
  });
});
