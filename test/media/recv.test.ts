// The command `recv` against this project's server, each in a process of its own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { freePort } from '../helpers/free-port.js';
import { playFile } from '../helpers/play-file.js';
import { childrenOf, startRecv } from '../helpers/recv.js';
import { settled } from '../helpers/seen.js';
import { resourcesOf, sleep, startServer, type TestServer, until } from '../helpers/server.js';
import { difference, type Shot } from '../helpers/shot.js';
import { noXvfb, startXServer } from '../helpers/x-server.js';

const BALLS = [
  'videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=480,framerate=30/1',
  'videotestsrc is-live=true pattern=ball motion=hsweep ! video/x-raw,width=640,height=480,framerate=30/1',
];

/** A robot with two cameras, each a white ball that moves on black. */
async function startRobot(t: Test): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-recv-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, 'config.yaml');
  const cameras = BALLS.map((line, i) => `  cam${i}: { name: 'Camera <${i}> & co', source: "gst:${line}" }\n`);
  writeFileSync(config, `cameras:\n${cameras.join('')}`);
  const server = await startServer('--config', config);
  t.teardown(() => server.close());
  return server;
}

t.test(
  'two cameras in one window, labelled, moving; one that stops says how old its picture is',
  { skip: noXvfb },
  async t => {
    const [robot, x] = await Promise.all([startRobot(t), startXServer(t)]);
    const recv = startRecv(t, [robot.origin], { token: robot.token, display: x.display });
    await Promise.all([recv.heard('picture', 'cam0'), recv.heard('picture', 'cam1')]);
    t.match(await recv.heard('prepared'), { sink: /sink$/ });
    await sleep(500);

    const tiles = [0, 640].map(left => ({ x: left, y: 0, width: 640, height: 480 }));
    for (const [i, tile] of tiles.entries()) {
      const label = { ...tile, width: 120, height: 34 };
      const far = { ...tile, x: tile.x + 500, width: 120, height: 34 };
      const before = await x.shot(tile);
      t.ok(bright(await x.shot(label)) > 60, `tile ${i} has a label`);
      t.ok(bright(await x.shot(far)) < 30, `and nothing where no label is, of tile ${i}`);
      await until(`tile ${i} moves`, async () => difference(before, await x.shot(tile)) > 50);
    }

    const middle = { x: 100, y: 200, width: 440, height: 90 };
    const text = async (): Promise<number> => amber(await x.shot(middle));
    t.ok((await text()) < 200, 'no alarm yet');
    process.kill(robot.worker('cam0'), 'SIGSTOP');
    t.match(await recv.heard('stale', 'cam0'), { camera: 'cam0' });
    await until('the alarm is in the picture', async () => (await text()) > 1000);
    const then = await x.shot(middle);
    await until('and counts', async () => difference(then, await x.shot(middle)) > 20);
    // Long enough to be told from what a busy machine does to both.
    await sleep(2_000);
    process.kill(robot.worker('cam0'), 'SIGCONT');
    const { afterMs } = await recv.heard('fresh', 'cam0');
    t.ok(Number(afterMs) > 500, `it stood for ${afterMs} ms`);
    await until('the alarm is gone', async () => (await text()) < 400);
    const others = recv.events.filter(({ camera }) => camera === 'cam1');
    const stood = others.filter(({ event }) => event === 'fresh').map(event => Number(event.afterMs));
    t.equal(others.filter(({ event }) => event === 'stale').length, stood.length, 'the other goes on');
    t.ok(Math.max(0, ...stood) < Number(afterMs) / 2, `it stood for ${stood.join()} ms`);

    t.equal(await recv.stop(), 0);
    t.match(await recv.heard('summary', 'cam1'), { interruptions: {} });
  },
);

t.test('a window each, and a person who closes one', { skip: noXvfb }, async t => {
  const [robot, x] = await Promise.all([startRobot(t), startXServer(t)]);
  const recv = startRecv(t, [robot.origin, '--windows', '--sink', 'ximagesink'], {
    token: robot.token,
    display: x.display,
  });
  await Promise.all([recv.heard('picture', 'cam0'), recv.heard('picture', 'cam1')]);
  t.match(await recv.heard('prepared'), { sink: 'ximagesink' });
  t.equal(await x.closeWindow(), 2, 'a window for each');
  t.equal(await recv.exited, 0);
});

t.test('headless: figures, and an end after --duration', async t => {
  const robot = await startRobot(t);
  const recv = startRecv(t, [robot.origin, 'cam1', '--headless', '--duration', '8'], { token: robot.token });
  await recv.heard('figures', 'cam1', 4);
  t.match(recv.figures('cam1'), {
    state: 'live',
    problem: null,
    width: 640,
    height: 480,
  });
  const { fps, bitrate, decodeMs, roundTripMs, ageMs } = recv.figures('cam1');
  t.ok(Number(fps) > 20 && Number(fps) < 40, `${fps} fps`);
  t.ok(Number(bitrate) > 10_000, `${bitrate} bit/s`);
  t.ok(Number(decodeMs) > 0 && Number(decodeMs) < 1000, `decoded in ${decodeMs} ms`);
  t.ok(Number(roundTripMs) > 0 && Number(roundTripMs) < 1000, `round trip ${roundTripMs} ms`);
  t.ok(Number(ageMs) < 1000);
  t.equal(await recv.exited, 0);
  t.match(await recv.heard('summary', 'cam1'), { camera: 'cam1', packetsLost: 0 });
  await until('the server has been told', async () => (await robot.sessions()).length === 0);
  t.match((await robot.sessions('ended'))[0]?.ended, { reason: 'client-delete' });
});

t.test('pictures to a program: raw, of one size, and the stream as it comes', async t => {
  const robot = await startRobot(t);
  const url = [robot.origin, 'cam0'];
  const raw = startRecv(t, [...url, '--pipe', 'gray'], { token: robot.token, pipes: true });
  let bytes = 0;
  let whites = 0;
  raw.child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (chunk.some(value => value > 200)) whites++;
    // Its reader has had enough.
    if (bytes > 20 * 640 * 480) raw.child.stdout?.destroy();
  });
  t.equal(await raw.exited, 0, raw.stderr.join('\n'));
  t.ok(bytes > 20 * 640 * 480, `${bytes} bytes`);
  t.ok(whites > 0, 'the ball is in them');
  t.match(raw.stderr.join('\n'), /640x480 to stdout/);

  const file = join(t.testdir(), 'stream.h264');
  const stream = startRecv(t, [...url, '--pipe', 'h264', '--duration', '3'], { token: robot.token, pipes: true });
  const chunks: Buffer[] = [];
  stream.child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  t.equal(await stream.exited, 0);
  writeFileSync(file, Buffer.concat(chunks));
  const { pictures } = await playFile(file);
  t.ok(pictures > 20, `${pictures} pictures in the stream`);
});

t.test('a snapshot of each camera', async t => {
  const robot = await startRobot(t);
  const folder = t.testdir();
  const recv = startRecv(t, [robot.origin, '--snapshot', join(folder, 'shot.png')], { token: robot.token });
  t.equal(await recv.exited, 0);
  for (const camera of ['cam0', 'cam1']) {
    const { file } = await recv.heard('snapshot', camera);
    t.equal(file, join(folder, `shot-${camera}.png`));
    t.equal((await playFile(String(file))).pictures, 1, 'it is a picture');
  }
});

/** A server that can be killed and started anew at the same address, with the same token. */
function restartable(t: Test, port: number, state: string): () => Promise<TestServer> {
  return async () => {
    const server = await startServer('--camera', 'cam=test', '--port', String(port), '--state-dir', state);
    t.teardown(() => server.close());
    return server;
  };
}

t.test(
  'recordings go on over a server that is killed and comes back, and play; also one whose recv is killed',
  async t => {
    const folder = t.testdir();
    const start = restartable(t, await freePort(), folder);
    let server = await start();
    const files = ['mkv', 'mp4'].map(type => join(folder, `drive.${type}`));
    const words = (file: string): string[] => [server.origin, '--headless', '--record', file];
    const [first, second] = files.map(file => startRecv(t, words(file), { token: server.token }));
    if (!first || !second) throw new Error('there are two');
    await Promise.all([first.heard('picture'), second.heard('picture')]);
    await sleep(2000);
    process.kill(server.pid, 'SIGKILL');
    const { detail } = await first.heard('down', 'cam');
    t.match(detail, /closed the connection|refuses/, 'it says that the server went');
    await sleep(1000);
    server = await start();
    await Promise.all([first.heard('picture', 'cam', 2), second.heard('picture', 'cam', 2)]);
    await sleep(2500);
    t.equal(await first.stop(), 0);
    t.match((await first.heard('summary')).interruptions, { [String(detail)]: 1 });
    second.child.kill('SIGKILL');
    await second.exited;
    await until('its player is gone too', () => childrenOf(second.child.pid ?? 0).length === 0);
    for (const file of files) {
      const { pictures, lengthMs } = await playFile(file);
      t.ok(pictures > 60, `${file}: ${pictures} pictures`);
      t.ok(lengthMs > 5000, `${file}: ${lengthMs} ms, with the gap`);
    }
  },
);

const RESTARTS = Number(process.env.RESTARTS ?? 4);

t.test(`${RESTARTS} restarts of the server leave no thread and no file descriptor behind`, async t => {
  const folder = t.testdir();
  const start = restartable(t, await freePort(), folder);
  let server = await start();
  const recv = startRecv(t, [server.origin, '--headless', '--record', join(folder, 'x.mkv')], {
    token: server.token,
  });
  const again = async (): Promise<void> => {
    const seen = recv.events.filter(({ event }) => event === 'picture').length;
    process.kill(server.pid, 'SIGKILL');
    server = await start();
    await recv.heard('picture', 'cam', seen + 1);
  };
  await recv.heard('picture');
  // What a process opens once.
  for (let i = 0; i < 2; i++) await again();
  const player = recv.player();
  const before = { recv: await settled(recv.child.pid ?? 0), player: await settled(player) };
  const began = performance.now();
  for (let i = 0; i < RESTARTS; i++) await again();
  t.comment(`${Math.round((performance.now() - began) / RESTARTS)} ms a restart`);
  t.equal(recv.player(), player, 'the same player');
  const names = ['recv', 'player'] as const;
  const pids = { recv: recv.child.pid ?? 0, player };
  for (const name of names) {
    let after = before[name];
    await until(`${name} has given back what it held: ${JSON.stringify(before[name])}`, () => {
      after = resourcesOf(pids[name]);
      return after.threads <= before[name].threads + 3 && after.fds <= before[name].fds + 12;
    }).catch(error => t.fail(String(error)));
    t.comment(`${name}: ${JSON.stringify(before[name])} -> ${JSON.stringify(after)}`);
  }
  t.equal(await recv.stop(), 0);
});

t.test('a player that is killed is replaced, and says so; what was recorded stays', async t => {
  const robot = await startRobot(t);
  const folder = t.testdir();
  const recv = startRecv(t, [robot.origin, 'cam0', '--headless', '--record', join(folder, 'drive.mp4')], {
    token: robot.token,
  });
  await recv.heard('picture');
  await sleep(1500);
  process.kill(recv.player(), 'SIGKILL');
  t.match(await recv.heard('player-died'), { reason: /SIGKILL/ });
  await recv.heard('picture', 'cam0', 2);
  t.match(await recv.heard('recording', 'cam0', 2), { file: join(folder, 'drive-2.mp4') });
  await sleep(1000);
  const settings = { method: 'PATCH', body: '{"width":320,"height":240}' };
  const headers = { Authorization: `Bearer ${robot.token}`, 'Content-Type': 'application/merge-patch+json' };
  t.equal((await fetch(`${robot.origin}/api/v1/cameras/cam0`, { ...settings, headers })).status, 200);
  const { file: last } = await recv.heard('recording', 'cam0', 3);
  await sleep(2500);
  // As the terminal does when it is closed: to the player too.
  process.kill(recv.player(), 'SIGHUP');
  recv.child.kill('SIGHUP');
  t.equal(await recv.exited, 0);
  for (const file of ['drive.mp4', 'drive-2.mp4'].map(name => join(folder, name)))
    t.ok((await playFile(file)).pictures > 20, `${file} plays`);
  t.ok((await playFile(String(last))).pictures > 5, 'and what came in another size');
});

t.test('what it ends with', async t => {
  const robot = await startRobot(t);
  const { token, origin } = robot;
  const cases: [name: string, words: string[], code: number, says: RegExp][] = [
    ['a decoder that is not there', [origin, '--headless', '--decoder', 'nosuchdec'], 71, /nosuchdec.*not installed/],
    ['no display', [origin], 72, /--headless/],
    ['a sink that does not open', [origin, '--sink', 'ximagesink'], 72, /ximagesink/],
    ['a WHEP endpoint that is none', [`${origin}/api/v1/cameras`, '--headless'], 76, /.+/],
    ['a camera of WHEP that is not there', [`${origin}/whep/nope`, '--headless'], 66, /nope.*cam0, cam1/],
    [
      'snapshots of which one cannot come',
      [`${origin}/whep/cam0`, `${origin}/whep/nope`, '--snapshot', join(t.testdir(), 'x.png')],
      66,
      /nope/,
    ],
  ];
  await Promise.all(
    cases.map(async ([name, words, code, says]) => {
      const recv = startRecv(t, words, { token });
      t.equal(await recv.exited, code, `${name}: ${recv.stderr.join('\n')}`);
      t.match(recv.stderr.at(-1), says, name);
      t.equal(recv.stderr.filter(line => /\bat .*\.js:\d/.test(line)).length, 0, `${name}: no stack`);
    }),
  );
});

/** Pixels that are white. */
function bright(shot: Shot): number {
  return count(shot, value => value > 220);
}

/** Pixels as bright as the letters of the alarm. */
function amber(shot: Shot): number {
  return count(shot, value => value > 150 && value < 215);
}

function count(shot: Shot, wanted: (value: number) => boolean): number {
  let found = 0;
  for (let y = 0; y < shot.height; y++) for (let x = 0; x < shot.width; x++) if (wanted(shot.at(x, y))) found++;
  return found;
}
