// Stopping a busy server: viewers are notified, and it exits cleanly however often it is signalled.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import t from 'tap';
import { readOffer } from '../helpers/fixtures.js';
import { ROOT } from '../helpers/programs.js';
import { startRecv } from '../helpers/recv.js';
import { startServer, until, workersOf } from '../helpers/server.js';

const OFFER = readOffer('chromium-156');
const AT_ONCE = 8;

t.test('repeated signals under load: viewers are notified, no process is left, and it exits with 0', async t => {
  const config = t.testdir({
    'config.yaml': 'limits: { requestsPerMinute: 100000 }\ncameras: { a: { source: test }, b: { source: test } }\n',
  });
  const server = await startServer('--config', `${config}/config.yaml`);
  t.teardown(() => server.close());
  const recv = startRecv(t, [server.origin, 'a', '--headless'], { token: server.token });
  await recv.heard('frame', 'a');
  const statuses: number[] = [];
  let isOver = false;
  const load = Array.from({ length: AT_ONCE }, async () => {
    while (!isOver) {
      const headers = { 'Content-Type': 'application/sdp' };
      const answer = await server.fetch('/whep/b', { method: 'POST', headers, body: OFFER }).catch(() => null);
      if (!answer) return;
      statuses.push(answer.status);
    }
  });
  await until('many sessions', async () => (await server.sessions()).length > AT_ONCE, 30_000);
  const workers = workersOf(server.pid).map(({ pid }) => pid);
  const active = await server.sessions();
  const began = performance.now();
  process.kill(server.pid, 'SIGINT');
  process.kill(server.pid, 'SIGTERM');
  // And once more, while it stops.
  await until('it has started to stop', () => server.log.some(line => line.includes('"msg":"stopping"')));
  t.equal(await server.close(), 0, server.log.slice(-5).join('\n'));
  t.comment(`ended after ${Math.round(performance.now() - began)} ms, with ${active.length} sessions`);
  isOver = true;
  await Promise.all(load);
  t.strictSame(
    [...new Set(statuses)].filter(status => ![201, 503].includes(status)),
    [],
    'requests meanwhile get an answer, or none',
  );
  const ended = server.log.filter(line => line.includes('"msg":"session ended"') && line.includes('"shutdown"'));
  for (const { id } of active)
    t.ok(
      ended.some(line => line.includes(`"${id}"`)),
      `${id} was ended for this reason`,
    );
  t.match((await recv.heard('down', 'a')).detail, /closed the connection|ended the session/);
  t.strictSame(workers.filter(isAlive), [], 'no worker is left');
});

t.test('npm start, and Ctrl-C to its whole process group', async t => {
  const words = ['start', '--silent', '--', '--port', '0', '--json', '--state-dir', t.testdir(), '--camera', 'a=test'];
  const child = spawn('npm', words, { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', line => log.push(line));
  const exited = new Promise<number | null>(resolve => child.once('close', code => resolve(code)));
  t.teardown(() => {
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
  });
  await new Promise(resolve => createInterface({ input: child.stdout }).once('line', resolve));
  process.kill(-(child.pid ?? 0), 'SIGINT');
  t.equal(await exited, 0, log.join('\n'));
  t.comment(`${log.filter(line => line.includes('"stopping"')).length} signals came`);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
