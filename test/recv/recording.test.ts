// Recordings of `recv` across restarts of server and player, and what restarts leave behind.
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { freePort } from '../helpers/free-port.js';
import { playFile } from '../helpers/play-file.js';
import { childrenOf, type Recv, startRecv } from '../helpers/recv.js';
import { startRobot } from '../helpers/robot.js';
import { settled } from '../helpers/seen.js';
import { resourcesOf, sleep, startServer, type TestServer, until } from '../helpers/server.js';

/** Waits for so many more frames, by its statistics. */
async function recorded(recv: Recv, frames: number): Promise<void> {
  const seen = recv.events.length;
  const come = (): number =>
    recv.events
      .slice(seen)
      .filter(({ event }) => event === 'figures')
      .reduce((sum, { fps }) => sum + Number(fps ?? 0), 0);
  // The first second started earlier.
  await until(`${frames} frames more are recorded`, () => come() >= 1.5 * frames, 60_000);
}

/** A server that can be killed and restarted at the same address, with the same token. */
function restartable(t: Test, port: number, state: string): () => Promise<TestServer> {
  return async () => {
    const server = await startServer('--camera', 'cam=test', '--port', String(port), '--state-dir', state);
    t.teardown(() => server.close());
    return server;
  };
}

t.test('recordings continue across a restart of the server, and play; so does one whose recv is killed', async t => {
  const folder = t.testdir();
  const start = restartable(t, await freePort(), folder);
  let server = await start();
  const files = ['mkv', 'mp4'].map(type => join(folder, `drive.${type}`));
  const words = (file: string): string[] => [server.origin, '--headless', '--record', file];
  const [first, second] = files.map(file => startRecv(t, words(file), { token: server.token }));
  if (!first || !second) throw new Error('expected two');
  await Promise.all([first.heard('frame'), second.heard('frame')]);
  await Promise.all([recorded(first, 60), recorded(second, 60)]);
  process.kill(server.pid, 'SIGKILL');
  const { detail } = await first.heard('down', 'cam');
  t.match(detail, /closed the connection|refuses/, 'it says that the server is gone');
  await sleep(1000);
  server = await start();
  await Promise.all([first.heard('frame', 'cam', 2), second.heard('frame', 'cam', 2)]);
  await Promise.all([recorded(first, 60), recorded(second, 60)]);
  t.equal(await first.stop(), 0);
  t.match((await first.heard('summary')).interruptions, { [String(detail)]: 1 });
  second.child.kill('SIGKILL');
  await second.exited;
  await until('its player is gone too', () => childrenOf(second.child.pid ?? 0).length === 0);
  for (const file of files) {
    const { frames, lengthMs } = await playFile(file);
    t.ok(frames > 90, `${file}: ${frames} frames`);
    t.ok(lengthMs > 5000, `${file}: ${lengthMs} ms, with the gap`);
  }
});

const RESTARTS = Number(process.env.RESTARTS ?? 4);

t.test(`${RESTARTS} restarts of the server leave no thread and no file descriptor behind`, async t => {
  const folder = t.testdir();
  const start = restartable(t, await freePort(), folder);
  let server = await start();
  const recv = startRecv(t, [server.origin, '--headless', '--record', join(folder, 'x.mkv')], {
    token: server.token,
  });
  const again = async (): Promise<void> => {
    const seen = recv.events.filter(({ event }) => event === 'frame').length;
    process.kill(server.pid, 'SIGKILL');
    server = await start();
    await recv.heard('frame', 'cam', seen + 1);
  };
  await recv.heard('frame');
  // Resources that a process opens once.
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
    await until(`${name} has released its resources: ${JSON.stringify(before[name])}`, () => {
      after = resourcesOf(pids[name]);
      return after.threads <= before[name].threads + 3 && after.fds <= before[name].fds + 12;
    }).catch(error => t.fail(String(error)));
    t.comment(`${name}: ${JSON.stringify(before[name])} -> ${JSON.stringify(after)}`);
  }
  t.equal(await recv.stop(), 0);
});

t.test('a killed player is replaced, and recv says so; its recording is kept', async t => {
  const robot = await startRobot(t);
  const folder = t.testdir();
  const recv = startRecv(t, [robot.origin, 'cam0', '--headless', '--record', join(folder, 'drive.mp4')], {
    token: robot.token,
  });
  await recv.heard('frame');
  await recorded(recv, 30);
  process.kill(recv.player(), 'SIGKILL');
  t.match(await recv.heard('player-died'), { reason: /SIGKILL/ });
  await recv.heard('frame', 'cam0', 2);
  t.match(await recv.heard('recording', 'cam0', 2), { file: join(folder, 'drive-2.mp4') });
  await recorded(recv, 30);
  const settings = { method: 'PATCH', body: '{"width":320,"height":240}' };
  const headers = { Authorization: `Bearer ${robot.token}`, 'Content-Type': 'application/merge-patch+json' };
  t.equal((await fetch(`${robot.origin}/api/v1/cameras/cam0`, { ...settings, headers })).status, 200);
  const { file: last } = await recv.heard('recording', 'cam0', 3);
  // Beyond the second keyframe: frames before it, in a file that was started at a change, are lost at the end.
  await recorded(recv, 60);
  // As a closed terminal does: to the player too.
  process.kill(recv.player(), 'SIGHUP');
  recv.child.kill('SIGHUP');
  t.equal(await recv.exited, 0);
  for (const file of ['drive.mp4', 'drive-2.mp4'].map(name => join(folder, name)))
    t.ok((await playFile(file)).frames > 20, `${file} plays`);
  t.ok((await playFile(String(last))).frames > 5, 'and the part in another size');
});
