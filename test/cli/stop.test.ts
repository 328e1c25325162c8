// The server is stopped while it starts.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { until, workersOf } from '../helpers/server.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

function start(t: Test, ...args: string[]) {
  const state = t.testdir();
  const words = ['--camera', 'a=test', '--port', '0', '--state-dir', state, '--log-level', 'debug', ...args];
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  const log: string[] = [];
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', line => log.push(line));
  createInterface({ input: child.stdout }).on('line', line => said.push(line));
  const exited = new Promise<number | NodeJS.Signals | null>(resolve =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  return { child, pid: child.pid ?? 0, state, log, said, exited };
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

t.test('stopped after it has its token, before it listens: it ends cleanly', async t => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { child, state, log, said, exited } = start(t);
    await until('it has a token', () => existsSync(join(state, 'token')));
    child.kill(signal);
    t.equal(await exited, 0, `${signal}: ${log.slice(-5).join('\n')}`);
    t.match(log.join('\n'), /"msg":"stopping"/);
    t.strictSame(said, [], 'it did not listen yet');
    t.notMatch(log.join('\n'), /"level":(50|60)/, 'and that is no error');
  }
});

t.test('stopped when the first camera has a process: it ends cleanly and leaves none behind', async t => {
  const { child, pid, log, exited } = start(t);
  const workers = await until('a camera has its process', () => {
    const found = workersOf(pid);
    return found.length > 0 && found;
  });
  child.kill('SIGTERM');
  t.equal(await exited, 0, log.slice(-5).join('\n'));
  t.strictSame(
    workers.filter(worker => isAlive(worker.pid)),
    [],
  );
});
