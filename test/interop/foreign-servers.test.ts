// The servers that receivers are tested with, watched by third-party clients: their own faults show here first.
import t from 'tap';
import { WebSocket } from 'ws';
import { launchChromium } from '../helpers/browser.js';
import { openElsewhere } from '../helpers/client-page.js';
import { startProgram } from '../helpers/client-program.js';
import { startForeign, startForeignServer } from '../helpers/foreign-server.js';
import { noJanus, startJanus } from '../helpers/janus.js';
import { type LegacyReceiver, startLegacyReceiver } from '../helpers/legacy-receiver.js';
import { missing } from '../helpers/python-program.js';
import { type Seen, sees } from '../helpers/seen.js';
import { until } from '../helpers/server.js';

const TOKEN = 'a-token-of-theirs';
const browser = await launchChromium();
t.teardown(() => browser.close());

t.test('webrtcbin as a WHEP server', { skip: missing('gi', 'python3-gi') }, async t => {
  const server = await startForeignServer(t, 'webrtcbin_whep.py', `--token=${TOKEN}`, '--relative-location');

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

  await t.test('it requires the token', async t => {
    const headers = { 'Content-Type': 'application/sdp', Authorization: 'Bearer another' };
    const { offer } = await server.heard('begun');
    const response = await fetch(server.url, { method: 'POST', headers, body: offer });
    t.equal(response.status, 401);
    await until('it reports it', () => server.events.some(event => event.event === 'request' && event.status === 401));
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

t.test('aiortc as a WHEP server', { skip: missing('aiortc', 'python3-aiortc') }, async t => {
  const size = { width: 400, height: 304 };

  await t.test('Chromium sees it', async t => {
    const server = await startForeignServer(t, 'aiortc_whep.py', `--token=${TOKEN}`);
    const client = await openElsewhere(t, await browser.newPage(), 'bare');
    await client.start(server.url, TOKEN);
    t.match(await sees(client), size);
    t.equal(await client.leave(), 200);
  });

  await t.test('without H.264: webrtcbin sees VP8', { skip: missing('gi', 'python3-gi') }, async t => {
    const server = await startForeignServer(t, 'aiortc_whep.py', '--no-h264', '--refusal', '422');
    const client = startProgram(t, 'webrtcbin_client.py', 'watch', server.url, '', '--codec', 'VP8');
    t.match(await sees(client), size);
    const { offer } = await server.heard('begun');
    const headers = { 'Content-Type': 'application/sdp' };
    const body = offer.replaceAll('VP8', 'H264');
    t.equal((await fetch(server.url, { method: 'POST', headers, body })).status, 422);
    t.equal(await client.leave(), 200);
  });
});

t.test('Janus as a WHEP server', { skip: noJanus }, async t => {
  const { url } = await startJanus(t);
  const size = { width: 560, height: 320 };

  await t.test('Chromium sees it, although it requests audio', async t => {
    const client = await openElsewhere(t, await browser.newPage(), 'bare');
    await client.start(url, '');
    t.match(await sees(client), size);
    t.equal(await client.leave(), 200);
  });

  await t.test('aiortc sees it', { skip: missing('aiortc', 'python3-aiortc') }, async t => {
    const client = startProgram(t, 'aiortc_client.py', 'watch', url, '');
    t.match(await sees(client), size);
    t.equal(await client.leave(), 200);
  });
});

t.test(
  'the legacy system',
  { skip: missing('gi', 'python3-gi') || missing('websockets', 'python3-websockets') },
  async t => {
    const watching = (receiver: LegacyReceiver): Promise<Seen[]> =>
      Promise.all([0, 1].map(camera => sees({ seen: () => receiver.seen(camera) })));
    const size = { width: 640, height: 480 };

    await t.test('its receiver sees two cameras of its sender, and again after another HELLO', async t => {
      const signaling = await startForeignServer(t, 'legacy_broadcast.py');
      const sender = startForeign(t, 'legacy_sender.py', signaling.url, '--cameras', '2');
      await sender.heard('ready');
      const receiver = startLegacyReceiver(t, signaling.url);
      t.match(await watching(receiver), [size, size]);
      const { sdp } = await sender.heard('offered');
      t.match(sdp, /^a=group:BUNDLE \S+ \S+\r$/m);
      // With max-bundle the second section has no port of its own, but is not rejected.
      t.match(sdp, /^m=video 9 \S+ 96\r$.+^m=video 0 \S+ 96\r$.+^a=bundle-only\r$/ms);
      t.not(await receiver.helloAgain(), sdp);
      t.match(await watching(receiver), [size, size]);
      await receiver.leave();
    });

    await t.test('flat, with a sender that sends HELLO itself', async t => {
      const signaling = await startForeignServer(t, 'legacy_broadcast.py');
      const receiver = startLegacyReceiver(t, signaling.url, 'flat');
      await signaling.heard('relayed');
      startForeign(t, 'legacy_sender.py', signaling.url, '--x86', '--cameras', '2');
      t.match(await watching(receiver), [size, size]);
    });

    await t.test('its sender dies of an unknown message', async t => {
      const signaling = await startForeignServer(t, 'legacy_broadcast.py');
      const sender = startForeign(t, 'legacy_sender.py', signaling.url);
      await sender.heard('ready');
      const socket = new WebSocket(signaling.url);
      socket.on('open', () => socket.send('{"error":"no such camera"}'));
      await sender.closed;
      await t.rejects(sender.heard('closed'), /KeyError/);
      socket.close();
    });
  },
);
