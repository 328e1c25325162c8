// Serves what is in src/ and openapi/, and what becomes of them: after each change it builds again what has changed and
// restarts the server. Where that does not compile, the mistakes are shown and the server goes on as it was.
//   npm run dev -- [what the server is to be started with]
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
    say(`the server ended (${signal ?? `exit code ${code}`}); it is started again after the next change`);
  });
}

/** Ends the server, if it runs, and waits until it is gone. */
async function stop() {
  const stopping = server;
  server = null;
  if (!stopping) return;
  const gone = new Promise(resolve => stopping.once('exit', resolve));
  stopping.kill('SIGTERM');
  await gone;
}

/** Builds, and if that went well restarts the server. */
async function renew() {
  const began = performance.now();
  const isBuilt = (await run('sh', ['deploy/build.sh', 'dev'])) === 0;
  if (isEnding) return;
  if (!isBuilt) {
    say(server ? 'not built: the server goes on as it was' : 'not built: the server starts when it is');
    return;
  }
  await stop();
  if (isEnding) return;
  say(`built in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  start();
}

let isRenewing = false;
let isStale = false;
/** @type {NodeJS.Timeout | undefined} */
let settling;

/** What changes while it is built is built again afterwards. */
async function renewUntilFresh() {
  isStale = true;
  if (isRenewing) return;
  isRenewing = true;
  while (isStale && !isEnding) {
    isStale = false;
    await renew();
  }
  isRenewing = false;
  if (isEnding && !server) process.exit(0);
}

for (const folder of ['src', 'openapi']) {
  watch(folder, { recursive: true }, (_, file) => {
    if (folder === 'src' && file && GENERATED.test(file)) return;
    clearTimeout(settling);
    settling = setTimeout(() => void renewUntilFresh(), SETTLE_MS);
  });
}

// Ctrl-C reaches the server by itself, as it is of the same process group; a signal to this process alone does not.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => {
    isEnding = true;
    clearTimeout(settling);
    if (server) server.kill('SIGTERM');
    else if (!isRenewing) process.exit(0);
  });
}

await renewUntilFresh();
