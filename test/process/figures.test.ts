import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { LoopLag } from '../../src/process/loop-lag.js';
import { monotonicMs } from '../../src/process/monotonic.js';
import { processFigures } from '../../src/process/proc.js';

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

function holdUp(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

t.test('the figures of a process from the kernel', async t => {
  const before = await processFigures(process.pid);
  holdUp(300);
  const after = await processFigures(process.pid);
  t.ok(after && before && after.cpuSeconds > before.cpuSeconds, JSON.stringify({ before, after }));
  t.ok((after?.residentBytes ?? 0) > 10_000_000 && (after?.fds ?? 0) > 3 && (after?.threads ?? 0) > 1);
  // A name that contains the field separators.
  const named = spawn(process.execPath, ['-e', "process.title = 'a) R 1 (b'; setInterval(() => 0, 1000)"]);
  t.match(await processFigures(named.pid ?? 0), { threads: Number, fds: Number });
  named.kill();
  await once(named, 'exit');
  t.equal(await processFigures(named.pid ?? 0), null, 'it is gone');
});

t.test('the event loop delay is measured while it is polled', async t => {
  const lag = new LoopLag();
  const forgetful = new LoopLag(50);
  t.teardown(() => lag.close());
  t.teardown(() => forgetful.close());
  t.equal(lag.take(), null, 'there was no poll before');
  await sleep(50);
  holdUp(200);
  await sleep(50);
  t.ok((lag.take() ?? 0) > 100, 'the longest');
  t.equal(forgetful.take(), null);
  await sleep(200);
  t.equal(forgetful.take(), null, 'the last poll was too long ago');
});

t.test('the clock that processes share', async t => {
  const child = spawn(process.execPath, ['-p', 'Number(process.hrtime.bigint()) / 1e6']);
  const before = monotonicMs();
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const between = Number(String(line));
  t.ok(before <= between && between <= monotonicMs());
});
