import t from 'tap';
import { afterExit, type RestartPolicy } from '../../src/process/restart-policy.js';

const POLICY: RestartPolicy = { delaysMs: [0, 250, 1_000], steadyMs: 30_000, giveUpAfter: null, maxStuck: 3 };

t.test('each consecutive failure delays the restart longer, up to the end of the schedule', t => {
  let failures = 0;
  const delays: (number | null)[] = [];
  for (let i = 0; i < 5; i++) {
    const verdict = afterExit(POLICY, failures, i === 0 ? null : 100);
    failures = verdict.failures;
    delays.push(verdict.restartInMs);
  }
  t.strictSame(delays, [0, 250, 1_000, 1_000, 1_000]);
  t.equal(failures, 5);
  t.end();
});

t.test('a process that was up for long enough has recovered', t => {
  t.strictSame(afterExit(POLICY, 5, 29_999), { failures: 6, restartInMs: 1_000 });
  t.strictSame(afterExit(POLICY, 5, 30_000), { failures: 1, restartInMs: 0 });
  t.strictSame(afterExit(POLICY, 5, null), { failures: 6, restartInMs: 1_000 }, 'one that was never up has not');
  t.end();
});

t.test('after too many failures it is given up', t => {
  const policy = { ...POLICY, giveUpAfter: 3 };
  t.strictSame(afterExit(policy, 1, null), { failures: 2, restartInMs: 250 });
  t.strictSame(afterExit(policy, 2, null), { failures: 3, restartInMs: null });
  t.strictSame(afterExit(policy, 2, 40_000), { failures: 1, restartInMs: 0 });
  t.end();
});
