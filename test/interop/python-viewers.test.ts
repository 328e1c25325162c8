import t from 'tap';
import { startProgram } from '../helpers/client-program.js';
import { readOffer } from '../helpers/fixtures.js';
import { missing } from '../helpers/python-program.js';
import { expectEnded, footprint, sees, visit } from '../helpers/seen.js';
import { lingering } from '../helpers/server.js';

const SIZE = '640x480';
const server = await lingering(t, '--camera', 'cam=test');
const isBack = await footprint(server, 'cam', readOffer('chromium-156'));
const url = `${server.origin}/whep/cam`;

t.test(
  'webrtcbin, as used by whepsrc: all candidates are in the offer',
  {
    skip: missing('gi', 'python3-gi'),
  },
  async t => {
    const client = startProgram(t, 'webrtcbin_client.py', 'watch', url, server.token);
    await visit(t, server, client, { isBack, size: SIZE });
    t.notMatch(client.negotiated().offer, /a=fmtp/, 'it names no profile');
  },
);

t.test('aiortc', { skip: missing('aiortc', 'python3-aiortc') }, async t => {
  const client = startProgram(t, 'aiortc_client.py', 'watch', url, server.token);
  await visit(t, server, client, { isBack, size: SIZE });
});

for (const [what, ...args] of [
  ['VP8', '--codec', 'VP8'],
  ['H.264 of a camera without audio, although it requests audio', '--audio'],
] as const) {
  t.test(`webrtcbin: ${what}`, { skip: missing('gi', 'python3-gi') }, async t => {
    const client = startProgram(t, 'webrtcbin_client.py', 'watch', url, server.token, ...args);
    await visit(t, server, client, { isBack, size: SIZE });
  });
  t.test(`aiortc: ${what}`, { skip: missing('aiortc', 'python3-aiortc') }, async t => {
    const client = startProgram(t, 'aiortc_client.py', 'watch', url, server.token, ...args);
    await visit(t, server, client, { isBack, size: SIZE });
  });
}

t.test('a client that is killed', { skip: missing('aiortc', 'python3-aiortc') }, async t => {
  const client = startProgram(t, 'aiortc_client.py', 'watch', url, server.token);
  await sees(client);
  const [session] = await server.sessions();
  client.vanish();
  await expectEnded(t, server, session?.id, 'rtcp-timeout');
  await isBack();
});
