import { spawn } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ROOT } from '../helpers/programs.js';
import { childrenOf } from '../helpers/recv.js';
import { until } from '../helpers/server.js';

// deploy/dev.js in a copy of the sources, which it watches, with the real server.

/** Compiling everything takes 10 s, and several times as long on a busy machine. */
const BUILD_MS = 120_000;

function copySources(t: Test): string {
  const root = t.testdir();
  for (const name of ['src', 'openapi', 'deploy', 'package.json', 'package-lock.json', 'tsconfig.json'])
    cpSync(join(ROOT, name), join(root, name), { recursive: true });
  // The existing output is compiled only as far as necessary.
  cpSync(join(ROOT, 'dist/openapi.json'), join(root, 'dist/openapi.json'));
  cpSync(join(ROOT, 'dist/.contract'), join(root, 'dist/.contract'));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return root;
}

t.test('a change is served, an error is shown, Ctrl-C ends everything', async t => {
  const root = copySources(t);
  const words = ['deploy/dev.js', '--port', '0', '--json', '--state-dir', join(root, 'state'), '--camera', 'a=test'];
  const dev = spawn(process.execPath, words, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const group = -(dev.pid ?? 0);
  t.teardown(() => {
    if (dev.exitCode === null) process.kill(group, 'SIGKILL');
  });
  let stdout = '';
  let stderr = '';
  dev.stdout.on('data', chunk => {
    stdout += String(chunk);
  });
  dev.stderr.on('data', chunk => {
    stderr += String(chunk);
  });
  const exited = new Promise<number | null>(resolve => dev.once('close', code => resolve(code)));
  const served = (count: number): Promise<string> =>
    until(
      `it serves, the ${count}. time; ${stderr.slice(-1000)}`,
      () => {
        if (dev.exitCode !== null) throw new Error(stderr);
        const line = stdout.trim().split('\n')[count - 1];
        return line?.endsWith('}') && new URL((JSON.parse(line) as { url: string }).url).origin;
      },
      BUILD_MS,
    );
  const first = await served(1);
  t.equal((await fetch(`${first}/healthz`)).status, 200);

  const file = join(root, 'src/server/http/handlers/system.ts');
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, `${before}\nexport const wrong: number = 'no number';\n`);
  await until('the error is shown', () => /system\.ts.*error TS2322/.test(stderr), BUILD_MS);
  await until(
    'and the state of the server',
    () => /build failed: the server keeps running as it was/.test(stderr),
    BUILD_MS,
  );
  t.equal((await fetch(`${first}/healthz`)).status, 200, 'the previous server continues');

  writeFileSync(file, `${before}\nprocess.stderr.write('as it was changed\\n');\n`);
  const second = await served(2);
  t.equal((await fetch(`${second}/healthz`)).status, 200);
  t.match(stderr, 'as it was changed', 'the server runs the last version');
  await t.rejects(fetch(`${first}/healthz`), 'the previous one has ended');

  const [server = 0] = childrenOf(dev.pid ?? 0);
  const workers = childrenOf(server);
  t.ok(workers.length > 0, 'it has workers');
  process.kill(group, 'SIGINT');
  t.equal(await exited, 0, 'Ctrl-C');
  for (const pid of [server, ...workers]) t.throws(() => process.kill(pid, 0), 'nothing stays');
});
