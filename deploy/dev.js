// Runs the server from src/ and openapi/: after every change, rebuilds what has changed and restarts it. If the build
// fails, it shows the errors and the server keeps running as it was.
//   npm run dev -- [arguments of the server]
// Ctrl-C ends both. Exit status: the server's.

import { spawn } from 'node:child_process';
import { watch } from 'node:fs';

/** An editor writes several files at once, and some write one twice. */
const SETTLE_MS = 150;
const GENERATED = /^contract\/api\.d\.ts$/;

const args = process.argv.slice(2);
/** @type {import('node:child_process').ChildProcess | null} */
let server = null;
let isEnding = false;

const say = text => process.stderr.write(`dev: ${text}\n`);

/** Runs a command to its end. @returns {Promise<number | null>} its exit status */
function run(command, words) {
  return new Promise(resolve => {
    const child = spawn(command, words, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', () => resolve(null));
    child.once('exit', code => resolve(code));
  });
}

/** Starts the server. */
function start() {
  const started = spawn(process.execPath, ['--enable-source-maps', 'dist.dev/src/main.js', ...args], {
    stdio: 'inherit',
  });
  server = started;
  started.once('exit', (code, signal) => {
    if (server !== started) return;
    server = null;
    if (isEnding) process.exit(code ?? 1);
    say(`the server ended (${signal ?? `exit code ${code}`}); it restarts after the next change`);
  });
}

/** Stops the server, if it runs, and waits for its exit. */
async function stop() {
  const stopping = server;
  server = null;
  if (!stopping) return;
  const exited = new Promise(resolve => stopping.once('exit', resolve));
  stopping.kill('SIGTERM');
  await exited;
}

/** Builds, and if that succeeds restarts the server. */
async function rebuild() {
  const began = performance.now();
  const isBuilt = (await run('sh', ['deploy/build.sh', 'dev'])) === 0;
  if (isEnding) return;
  if (!isBuilt) {
    say(`build failed: the server ${server ? 'keeps running as it was' : 'starts when it succeeds'}`);
    return;
  }
  await stop();
  if (isEnding) return;
  say(`built in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  start();
}

let isRebuilding = false;
let isStale = false;
/** @type {NodeJS.Timeout | undefined} */
let settling;

/** What changes during a build is built again afterwards. */
async function rebuildUntilFresh() {
  isStale = true;
  if (isRebuilding) return;
  isRebuilding = true;
  while (isStale && !isEnding) {
    isStale = false;
    await rebuild();
  }
  isRebuilding = false;
  if (isEnding && !server) process.exit(0);
}

for (const folder of ['src', 'openapi']) {
  watch(folder, { recursive: true }, (_, file) => {
    if (folder === 'src' && file && GENERATED.test(file)) return;
    clearTimeout(settling);
    settling = setTimeout(() => void rebuildUntilFresh(), SETTLE_MS);
  });
}

// Ctrl-C reaches the server directly, as it is in the same process group; a signal to this process alone does not.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => {
    isEnding = true;
    clearTimeout(settling);
    if (server) server.kill('SIGTERM');
    else if (!isRebuilding) process.exit(0);
  });
}

await rebuildUntilFresh();
