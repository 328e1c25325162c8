import t from 'tap';
import { launchChromium } from '../helpers/browser.js';
import { startProgram } from '../helpers/client-program.js';
import { published } from '../helpers/publishing.js';
import { missing } from '../helpers/python-program.js';
import { expectEnded, footprint } from '../helpers/seen.js';
import { lingering, until } from '../helpers/server.js';

const server = await lingering(t, '--camera', 'phone=whip');
const browser = await launchChromium();
t.teardown(() => browser.close());
const stage = { server, camera: 'phone', browser, isBack: await footprint(server, 'phone', null) };
const url = `${server.origin}/whip/phone`;
const size = '320x240';

t.test('webrtcbin, as used by whipclientsink', { skip: missing('gi', 'python3-gi') }, async t => {
  for (const codec of ['H264', 'VP8', 'VP9', 'H265'])
    await t.test(codec, async t => {
      const client = startProgram(t, 'webrtcbin_client.py', 'publish', url, server.token, '--codec', codec);
      await published(t, stage, client, { codec, size });
    });
  await t.test('H264, with audio, candidates after the offer', async t => {
    const client = startProgram(t, 'webrtcbin_client.py', 'publish', url, server.token, '--audio', '--trickle');
    await published(t, stage, client, { codec: 'H264', size, sound: true });
    t.notMatch(client.negotiated().offer, 'a=candidate');
  });
});

t.test('aiortc', { skip: missing('aiortc', 'python3-aiortc') }, async t => {
  for (const codec of ['H264', 'VP8'])
    await t.test(`${codec}, with audio`, async t => {
      const client = startProgram(t, 'aiortc_client.py', 'publish', url, server.token, '--codec', codec, '--audio');
      await published(t, stage, client, { codec, size });
    });
  await t.test('a publisher that is killed', async t => {
    const client = startProgram(t, 'aiortc_client.py', 'publish', url, server.token);
    const id = await until('it publishes', async () => {
      const [session] = await server.sessions();
      return session?.state === 'connected' && session.id;
    });
    client.vanish();
    await expectEnded(t, server, id, 'rtcp-timeout');
    await stage.isBack();
  });
});
