import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import t from 'tap';
import { launchChromium } from '../helpers/browser.js';
import { published } from '../helpers/publishing.js';
import { footprint, requests } from '../helpers/seen.js';
import { lingering } from '../helpers/server.js';

const PROGRAM = '/usr/bin/whip-client';
const skip = existsSync(PROGRAM) ? false : 'simple-whip-client is not installed';
const server = await lingering(t, '--camera', 'phone=whip');
const browser = await launchChromium();
t.teardown(() => browser.close());
const stage = { server, camera: 'phone', browser, isBack: await footprint(server, 'phone', null) };

// Debian 12's whip-client needs libsoup 2.4, and its libnice loads libsoup 3 through libgupnp-igd, for UPnP; libsoup
// aborts a process that has both. A libgupnp-igd without UPnP lets the two coexist.
const NO_UPNP = `
  void *gupnp_simple_igd_thread_new(void) { return 0; }
  unsigned long gupnp_simple_igd_get_type(void) { return 0; }
  void gupnp_simple_igd_add_port(void) {}
  void gupnp_simple_igd_remove_port_local(void) {}
`;
const libraries = t.testdir();
if (skip === false) {
  const name = 'libgupnp-igd-1.0.so.4';
  const made = spawnSync(
    'g++',
    ['-x', 'c++', '-shared', '-fPIC', `-Wl,-soname,${name}`, '-o', `${libraries}/${name}`, '-'],
    {
      input: `extern "C" {${NO_UPNP}}`,
      encoding: 'utf8',
    },
  );
  if (made.status !== 0) throw new Error(made.stderr);
}

const SOUND =
  'audiotestsrc is-live=true wave=red-noise ! audioconvert ! audioresample ! queue ! opusenc ! rtpopuspay pt=100 ssrc=1 ! ' +
  'queue ! application/x-rtp,media=audio,encoding-name=OPUS,payload=100';
const video = (encoder: string, codec: string): string =>
  `videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1 ! videoconvert ! queue ! ${encoder} pt=96 ssrc=2 ! ` +
  `queue ! application/x-rtp,media=video,encoding-name=${codec},payload=96`;

/** Publishes until Ctrl-C, as in its manual. */
function start(
  t: { teardown(close: () => void): void },
  ...args: string[]
): { said: string[]; leave(): Promise<unknown> } {
  const child = spawn(PROGRAM, ['-u', `${server.origin}/whip/phone`, '-t', server.token, '-o', ...args], {
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => said.push(line));
  const closed = once(child, 'close');
  return {
    said,
    leave: async () => {
      child.kill('SIGINT');
      await closed;
    },
  };
}

const cases: [codec: string, how: string, args: string[]][] = [
  [
    'VP8',
    'with the pipelines of its manual, trickling',
    ['-A', SOUND, '-V', video('vp8enc deadline=1 ! rtpvp8pay', 'VP8')],
  ],
  [
    'H264',
    'candidates in the offer, ICE servers from the Link headers',
    [
      '-n',
      '-f',
      '-A',
      SOUND,
      '-V',
      video(
        'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=60 bitrate=800 ! video/x-h264,profile=constrained-baseline ! rtph264pay',
        'H264',
      ),
    ],
  ],
];
for (const [codec, how, args] of cases)
  t.test(`simple-whip-client: ${codec}, ${how}`, { skip }, async t => {
    const before = requests(server).length;
    const client = start(t, ...args);
    await published(t, stage, client, { codec, size: '320x240', sound: true });
    t.strictSame(
      client.said.filter(line => /WARN|ERR/.test(line) && !line.includes('No Link headers')),
      [],
      'it logged no error',
    );
    const had = requests(server)
      .slice(before)
      .filter(request => request.includes('/whip/'));
    t.equal(had.includes('PATCH /whip/:camera/:secret 204'), codec === 'VP8', had.join(', '));
    t.equal(had.at(-1), 'DELETE /whip/:camera/:secret 200');
  });
