import { fileURLToPath } from 'node:url';
import t from 'tap';
import { launchChromium } from '../helpers/browser.js';
import { startProgram } from '../helpers/client-program.js';
import { published } from '../helpers/publishing.js';
import { missing } from '../helpers/python-program.js';
import { footprint, requests } from '../helpers/seen.js';
import { lingering } from '../helpers/server.js';

const server = await lingering(t, '--camera', 'phone=whip');
const browser = await launchChromium();
t.teardown(() => browser.close());
const stage = { server, camera: 'phone', browser, isBack: await footprint(server, 'phone', null) };
const skip = missing('gi', 'python3-gi');

/** Clients that cannot run here: their recorded offers are sent, and webrtcbin does the rest (clients/likeness.py). */
for (const [name, offer] of [
  ['OBS: ICE at session level, no candidates, audio before video', 'obs-whip'],
  ['ffmpeg 8: passive, no candidates, one candidate of the answer used, at most 8192 bytes of it', 'ffmpeg-whip'],
] as const)
  t.test(name, { skip }, async t => {
    const like = fileURLToPath(new URL(`../../../test/fixtures/offers/${offer}.sdp`, import.meta.url));
    const before = requests(server).length;
    const url = `${server.origin}/whip/phone`;
    const client = startProgram(t, 'webrtcbin_client.py', 'publish', url, server.token, '--like', like);
    await published(t, stage, client, { codec: 'H264', size: '320x240', sound: true });
    t.strictSame(
      requests(server)
        .slice(before)
        .filter(request => request.includes('/whip/')),
      ['POST /whip/:camera 201', 'DELETE /whip/:camera/:secret 200'],
    );
  });
