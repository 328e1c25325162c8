// The command `recv` against this project's server, each in its own process.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { playFile } from '../helpers/play-file.js';
import { startRecv } from '../helpers/recv.js';
import { startRobot } from '../helpers/robot.js';
import { sleep, until } from '../helpers/server.js';
import { difference, type Shot } from '../helpers/shot.js';
import { noXvfb, startXServer } from '../helpers/x-server.js';

t.test(
  'two cameras in one window, labelled, moving; one that stops shows the age of its frame',
  { skip: noXvfb },
  async t => {
    const [robot, x] = await Promise.all([startRobot(t), startXServer(t)]);
    const recv = startRecv(t, [robot.origin], { token: robot.token, display: x.display });
    await Promise.all([recv.heard('frame', 'cam0'), recv.heard('frame', 'cam1')]);
    t.match(await recv.heard('prepared'), { sink: /sink$/ });

    const tiles = [0, 640].map(left => ({ x: left, y: 0, width: 640, height: 480 }));
    for (const [i, tile] of tiles.entries()) {
      const label = { ...tile, width: 120, height: 34 };
      const far = { ...tile, x: tile.x + 500, width: 120, height: 34 };
      await until(`tile ${i} has a label`, async () => bright(await x.shot(label)) > 60);
      await until(`tile ${i} has nothing outside its label`, async () => bright(await x.shot(far)) < 30);
      const before = await x.shot(tile);
      await until(`tile ${i} moves`, async () => difference(before, await x.shot(tile)) > 50);
    }

    const middle = { x: 100, y: 200, width: 440, height: 90 };
    const text = async (): Promise<number> => amber(await x.shot(middle));
    await until('no alarm yet', async () => (await text()) < 200);
    process.kill(robot.worker('cam0'), 'SIGSTOP');
    t.match(await recv.heard('stale', 'cam0'), { camera: 'cam0' });
    await until('the alarm is shown', async () => (await text()) > 1000);
    const then = await x.shot(middle);
    await until('and counts', async () => difference(then, await x.shot(middle)) > 20);
    // Long enough to differ from what a busy machine does to both.
    await sleep(5_000);
    process.kill(robot.worker('cam0'), 'SIGCONT');
    const { afterMs } = await recv.heard('fresh', 'cam0');
    t.ok(Number(afterMs) > 5_000, `it froze for ${afterMs} ms`);
    await until('the alarm is gone', async () => (await text()) < 400);
    const ofOther = (name: string) => recv.events.filter(({ event, camera }) => event === name && camera === 'cam1');
    await until('the other continues', () => ofOther('stale').length === ofOther('fresh').length);
    const stood = ofOther('fresh').map(event => Number(event.afterMs));
    t.ok(Math.max(0, ...stood) < Number(afterMs) / 2, `it froze for ${stood.join()} ms`);

    t.equal(await recv.stop(), 0);
    t.match(await recv.heard('summary', 'cam1'), { interruptions: {} });
  },
);

t.test('a window for each camera, one of which is closed by the user', { skip: noXvfb }, async t => {
  const [robot, x] = await Promise.all([startRobot(t), startXServer(t)]);
  const recv = startRecv(t, [robot.origin, '--windows', '--sink', 'ximagesink'], {
    token: robot.token,
    display: x.display,
  });
  await Promise.all([recv.heard('frame', 'cam0'), recv.heard('frame', 'cam1')]);
  t.match(await recv.heard('prepared'), { sink: 'ximagesink' });
  t.equal(await x.closeWindow(), 2, 'a window for each');
  t.equal(await recv.exited, 0);
});

t.test('headless: statistics, and an end after --duration', async t => {
  const robot = await startRobot(t);
  const recv = startRecv(t, [robot.origin, 'cam1', '--headless', '--duration', '10'], { token: robot.token });
  await recv.heard('figures', 'cam1', 4);
  t.match(recv.figures('cam1'), {
    state: 'live',
    problem: null,
    width: 640,
    height: 480,
  });
  const { fps, bitrate, decodeMs, roundTripMs, ageMs } = recv.figures('cam1');
  t.ok(Number(fps) > 3 && Number(fps) < 20, `${fps} fps`);
  t.ok(Number(bitrate) > 10_000, `${bitrate} bit/s`);
  t.ok(Number(decodeMs) > 0 && Number(decodeMs) < 1000, `decoded in ${decodeMs} ms`);
  t.ok(Number(roundTripMs) > 0 && Number(roundTripMs) < 1000, `round trip ${roundTripMs} ms`);
  t.ok(Number(ageMs) < 2000);
  t.equal(await recv.exited, 0);
  t.match(await recv.heard('summary', 'cam1'), { camera: 'cam1', packetsLost: 0 });
  await until('the server has been notified', async () => (await robot.sessions()).length === 0);
  t.match((await robot.sessions('ended'))[0]?.ended, { reason: 'client-delete' });
});

t.test('frames to a program: raw, of one size, and the encoded stream', async t => {
  const robot = await startRobot(t);
  const url = [robot.origin, 'cam0'];
  const raw = startRecv(t, [...url, '--pipe', 'gray'], { token: robot.token, pipes: true });
  let bytes = 0;
  let whites = 0;
  raw.child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (chunk.some(value => value > 200)) whites++;
    // Its reader closes the pipe.
    if (bytes > 20 * 640 * 480) raw.child.stdout?.destroy();
  });
  t.equal(await raw.exited, 0, raw.stderr.join('\n'));
  t.ok(bytes > 20 * 640 * 480, `${bytes} bytes`);
  t.ok(whites > 0, 'the ball is in them');
  t.match(raw.stderr.join('\n'), /640x480 to stdout/);

  const file = join(t.testdir(), 'stream.h264');
  const stream = startRecv(t, [...url, '--pipe', 'h264', '--duration', '6'], { token: robot.token, pipes: true });
  const chunks: Buffer[] = [];
  stream.child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  t.equal(await stream.exited, 0);
  writeFileSync(file, Buffer.concat(chunks));
  const { frames } = await playFile(file);
  t.ok(frames > 10, `${frames} frames in the stream`);
});

t.test('a snapshot of each camera', async t => {
  const robot = await startRobot(t);
  const folder = t.testdir();
  const recv = startRecv(t, [robot.origin, '--snapshot', join(folder, 'shot.png')], { token: robot.token });
  t.equal(await recv.exited, 0);
  for (const camera of ['cam0', 'cam1']) {
    const { file } = await recv.heard('snapshot', camera);
    t.equal(file, join(folder, `shot-${camera}.png`));
    t.equal((await playFile(String(file))).frames, 1, 'it is an image');
  }
});

t.test('exit codes and messages', async t => {
  const robot = await startRobot(t);
  const { token, origin } = robot;
  const cases: [name: string, words: string[], code: number, says: RegExp][] = [
    ['a missing decoder', [origin, '--headless', '--decoder', 'nosuchdec'], 71, /nosuchdec.*not installed/],
    ['no display', [origin], 72, /--headless/],
    ['a sink that does not open', [origin, '--sink', 'ximagesink'], 72, /ximagesink/],
    ['a URL that is not a WHEP endpoint', [`${origin}/api/v1/cameras`, '--headless'], 76, /.+/],
    ['an unknown camera of WHEP', [`${origin}/whep/nope`, '--headless'], 66, /nope.*cam0, cam1/],
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

/** White pixels. */
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
