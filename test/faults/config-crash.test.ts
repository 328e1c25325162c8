import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { loadText } from '../../src/server/config/load.js';
import { configFile } from '../helpers/config-store.js';

const WRITER = fileURLToPath(new URL('../helpers/config-writer.js', import.meta.url));
const CRASHES = 20;
/** ms until a writer is killed, once it writes: a few writes long. */
const MAX_LIFE_MS = 250;
/** Bytes of comment, to make a write slow. */
const FILLER = 100_000;

t.test('a server killed during a write leaves either the old or the new file', async t => {
  const filler = `# ${'x'.repeat(FILLER)}`;
  const file = configFile(t, `${filler}\ncameras:\n  a: { source: test, keyframeInterval: 1 } # kept\n`);
  let last = 1;
  let writes = 0;
  for (let crash = 0; crash < CRASHES; crash++) {
    const child = spawn(process.execPath, [WRITER, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      if (output === '') setTimeout(() => child.kill('SIGKILL'), Math.random() * MAX_LIFE_MS);
      output += String(data);
    });
    await new Promise(resolve => child.once('close', resolve));
    const kept = Number(output.trim().split('\n').at(-1));
    const text = readFileSync(file, 'utf8');
    const now = loadText(text, file).config.cameras?.a?.keyframeInterval ?? 0;
    t.ok(now === kept || now === kept + 1, `kept ${kept}, and there is ${now}`);
    t.ok(now >= last && text.startsWith(filler) && text.includes('# kept'), 'nothing is lost');
    writes += now - last;
    last = now;
    if (last > 900) {
      last = 1;
      writeFileSync(file, text.replace(/keyframeInterval: \d+/, 'keyframeInterval: 1'));
    }
  }
  t.ok(writes > 0, `${writes} writes`);
  t.comment(`${CRASHES} crashes in ${writes} writes; left over: ${readdirSync(dirname(file)).length - 1}`);
});
