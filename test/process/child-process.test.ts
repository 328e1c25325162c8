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

t.test('a child is watched from its start, and while it runs, whether it answers or not', async t => {
  const child = start("process.on('message', () => undefined); process.send({ type: 'ready' });");
  t.teardown(() => child.close());
  t.ok(child.isWatched(), 'it has just been started');
  await child.ready;
  t.ok(child.isWatched(), 'it is ready');
  // Far longer than it would count as watched if it were no longer pinged.
  await sleep(20 * TIMES.pingMs);
  await until('it is watched', () => child.isWatched());
});

t.test('a child that has ended, or was abandoned while it started, is no longer watched', async t => {
  const gone = start("process.send({ type: 'ready' }); process.disconnect();");
  await gone.exited;
  await until('it is not watched', () => !gone.isWatched());
  t.strictSame(await gone.gone, { reason: 'exit code 0', isStuck: false });

  // It is never ready: its supervisor kills it, and does not wait longer.
  const late = start("process.on('message', () => undefined);", { ...TIMES, readyMs: 50 });
  late.ready.catch(() => undefined);
  await until('it is not watched', () => !late.isWatched());
  t.match(await late.gone, { reason: /not ready/, isStuck: false });
});

t.test('a child that cannot be started has ended, with the reason', async t => {
  const child = start('', TIMES, 'no \0 in arguments');
  await t.rejects(child.ready, /start failed/);
  t.match(await child.gone, { reason: /start failed/ });
  await child.exited;
  child.send({ type: 'ping', sequence: 1 });
  child.kill('it is not there');
  await child.close();
  t.equal(child.pid, undefined);
});

t.test('its stderr is logged up to a limit', async t => {
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
