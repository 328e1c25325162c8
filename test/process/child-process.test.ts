import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ChildProcess, type ChildTimes } from '../../src/process/child-process.js';
import { keptLog } from '../helpers/quiet-log.js';
import { sleep, until } from '../helpers/server.js';

type Said = { type: 'ready' } | { type: 'pong' };

const TIMES: ChildTimes = { readyMs: 30_000, pingMs: 50, hungMs: 30_000, closeMs: 50, goneMs: 2_000 };
const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-child-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function start(program: string, times: ChildTimes = TIMES, ...args: string[]): ChildProcess<object, Said> {
  const entry = join(folder, 'child.mjs');
  writeFileSync(entry, program);
  const check = (data: unknown): Said => data as Said;
  return new ChildProcess({ entry, args, check, onMessage: () => undefined, log: keptLog(), times });
}

t.test('it is watched from its start, while it gets ready and while it runs, whether it answers or not', async t => {
  const child = start("process.on('message', () => undefined); process.send({ type: 'ready' });");
  t.teardown(() => child.close());
  t.ok(child.isWatched(), 'it has just been started');
  await child.ready;
  t.ok(child.isWatched(), 'it is ready');
  // Far longer than it would count as watched if nobody asked it any more.
  await sleep(20 * TIMES.pingMs);
  await until('it is watched', () => child.isWatched());
});

t.test('one that is gone, or was forgotten while it got ready, is watched no more', async t => {
  const gone = start("process.send({ type: 'ready' }); process.disconnect();");
  await gone.exited;
  await until('nobody watches it', () => !gone.isWatched());
  t.strictSame(await gone.gone, { reason: 'exit code 0', isStuck: false });

  // It is never ready: whoever waits for it kills it then, and does not wait any longer.
  const late = start("process.on('message', () => undefined);", { ...TIMES, readyMs: 50 });
  late.ready.catch(() => undefined);
  await until('nobody watches it', () => !late.isWatched());
  t.match(await late.gone, { reason: /not ready/, isStuck: false });
});

t.test('one that cannot be started has ended, with the reason', async t => {
  const child = start('', TIMES, 'no \0 in arguments');
  await t.rejects(child.ready, /start failed/);
  t.match(await child.gone, { reason: /start failed/ });
  await child.exited;
  child.send({ type: 'ping', sequence: 1 });
  child.kill('it is not there');
  await child.close();
  t.equal(child.pid, undefined);
});

t.test('what it writes to stderr is logged up to a limit', async t => {
  const program = `
    process.stderr.write('frame dropped\\n'.repeat(5_000) + 'x'.repeat(10_000_000) + '\\nError: the driver is gone\\n', () => process.exit(3));
  `;
  const log = keptLog();
  const entry = join(folder, 'talkative.mjs');
  writeFileSync(entry, program);
  const check = (data: unknown): Said => data as Said;
  const child = new ChildProcess({ entry, args: [], check, onMessage: () => undefined, log, times: TIMES });
  child.ready.catch(() => undefined);
  await child.exited;
  await until('its pipe is read', () => log.lines.length > 100);
  const written = log.lines.filter(({ event }) => event === 'worker wrote to stderr');
  t.equal(written.length, 100);
  t.match(log.lines.at(-1), { event: /lines dropped/, fields: { lines: 4_902 } });
});
