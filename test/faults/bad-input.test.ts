import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Problem } from '../../src/domain/contract.js';
import { emptyPage, openViewers, serveWithBrowser } from '../helpers/browser.js';
import { grows } from '../helpers/frames.js';
import { offer } from '../helpers/offer.js';
import { until } from '../helpers/server.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const without = (line: RegExp): string =>
  offer
    .split('\r\n')
    .filter(text => !line.test(text))
    .join('\r\n');

t.test('whatever one client sends, another one keeps seeing its camera', async t => {
  const dir = t.testdir({ 'junk.mp4': 'this is no video', 'empty.mp4': '' });
  const { server, browser } = await serveWithBrowser(
    t,
    '--camera',
    'cam=test',
    '--camera',
    `junk=file:${dir}/junk.mp4`,
    '--camera',
    `empty=file:${dir}/empty.mp4`,
    '--camera',
    `gone=file:${dir}/gone.mp4`,
    '--camera',
    'usb=v4l2:/dev/video63',
    '--camera',
    'net=rtsp://127.0.0.1:1/live',
  );
  const viewers = await openViewers(await emptyPage(browser, server), server, 'cam', 1);
  await until('it sees', async () => ((await viewers.stats())[0]?.framesDecoded ?? 0) > 5);
  const worker = server.worker('cam');
  const post = async (
    camera: string,
    body: string,
    type = 'application/sdp',
  ): Promise<{ status: number; problem: Problem }> => {
    const response = await server.fetch(`/whep/${camera}`, { method: 'POST', headers: { 'Content-Type': type }, body });
    return { status: response.status, problem: (await response.json()) as Problem };
  };
  const bad: [what: string, camera: string, body: string, status: number, code: string, says: RegExp][] = [
    ['an offer of neither H.264 nor VP8', 'cam', offer.replaceAll('H264', 'AV1'), 422, 'no-common-codec', /H264, VP8/],
    ['an offer without mid', 'cam', without(/^a=mid/), 422, 'invalid-sdp', /a=mid/],
    ['an offer without setup', 'cam', without(/^a=setup/), 422, 'invalid-sdp', /a=setup/],
    ['an offer without ufrag', 'cam', without(/^a=ice-ufrag/), 422, 'invalid-sdp', /ice-ufrag/],
    ['an offer without fingerprint', 'cam', without(/^a=fingerprint/), 422, 'invalid-sdp', /fingerprint/],
    ['an offer to send', 'cam', offer.replace('a=recvonly', 'a=sendonly'), 422, 'invalid-sdp', /receive/],
    ['garbage', 'cam', '\0\xff{"sdp":1}', 422, 'invalid-sdp', /v=0/],
    ['10 MB', 'cam', offer + 'a=x\r\n'.repeat(2_000_000), 413, 'payload-too-large', /larger/],
    ['an unknown camera', 'nobody', offer, 404, 'unknown-camera', /nobody/],
    ['a missing file', 'gone', offer, 409, 'camera-unavailable', /gone\.mp4/],
    ['a file that is no video', 'junk', offer, 409, 'camera-unavailable', /junk\.mp4/],
    ['an empty file', 'empty', offer, 409, 'camera-unavailable', /empty\.mp4/],
    ['a device that cannot open', 'usb', offer, 409, 'camera-unavailable', /\/dev\/video63/],
    ['an RTSP camera that is not there', 'net', offer, 409, 'camera-unavailable', /127\.0\.0\.1:1/],
  ];
  for (const [what, camera, body, status, code, says] of bad) {
    const answer = await post(camera, body);
    t.equal(answer.status, status, `${what}: ${answer.problem.detail}`);
    t.equal(answer.problem.code, code);
    t.match(`${answer.problem.detail} ${answer.problem.remedy}`, says);
    if (status === 409) t.ok(answer.problem.remedy, `${what}: the remedy: ${answer.problem.remedy}`);
  }
  t.equal((await post('cam', offer, 'application/json')).status, 415);

  // Well-formed, without a peer: 20 at once are answered and end by themselves.
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      server.fetch('/whep/cam', { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: offer }),
    ),
  );
  t.strictSame([...new Set(answers.map(answer => answer.status))], [201]);
  await grows('the first viewer still sees', async () => (await viewers.stats())[0]?.framesDecoded ?? 0, 40);
  t.equal(server.worker('cam'), worker, 'with the same worker');
  await until('they have ended', async () => (await server.sessions()).length === 1, 20_000);
  t.ok(
    (await server.sessions('ended')).every(session =>
      ['connect-timeout', 'ice-failed'].includes(session.ended?.reason ?? ''),
    ),
  );
});

t.test('a failed start: one line that names the cause, and an exit code', async t => {
  const dir = t.testdir({
    'bad.yaml': 'cameras:\n  road:\n    source: file:/x.mp4\n    bitrate: fast\n',
    open: 'x'.repeat(32),
  });
  const busy = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => busy.once('listening', resolve));
  t.teardown(() => busy.close());
  const port = String((busy.address() as { port: number }).port);
  const state = ['--state-dir', join(dir, 'state')];
  writeFileSync(join(dir, 'file'), '');
  const cases: [what: string, args: string[], code: number, says: RegExp][] = [
    [
      'a port in use',
      [...state, '--host', '127.0.0.1', '--port', port],
      69,
      new RegExp(`port ${port} .*in use.*--port`),
    ],
    ['an address of another machine', [...state, '--host', '192.0.2.200'], 69, /192\.0\.2\.200.*--host/],
    [
      'a wrong configuration',
      [...state, '--config', join(dir, 'bad.yaml')],
      78,
      /bad\.yaml:4: cameras\.road\.bitrate is "fast"; it must be of type integer/,
    ],
    ['a configuration that is not there', [...state, '--config', join(dir, 'none.yaml')], 78, /none\.yaml/],
    ['a source of an unknown kind', [...state, '--camera', 'x=ftp://host/'], 78, /x.*ftp/],
    ['a state folder that is not writable', ['--state-dir', join(dir, 'file', 'state')], 73, /--state-dir/],
    ['an unknown option', ['--colour'], 64, /--colour/],
  ];
  for (const [what, args, code, says] of cases) {
    const { status, stderr, stdout } = spawnSync(process.execPath, [MAIN, ...args], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    t.equal(status, code, what);
    const lines = stderr.split('\n').filter(line => line.startsWith('bigfootbot-video:') || line.startsWith('error:'));
    t.equal(lines.length, 1, `${what}: ${lines.join(' / ')}`);
    t.match(lines[0], says);
    t.equal(stdout, '');
  }
});
