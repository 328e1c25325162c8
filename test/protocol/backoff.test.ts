import t from 'tap';
import { retryDelayMs, scheduledDelayMs } from '../../src/protocol/backoff.js';

t.test('the first retry is immediate, later ones back off, up to a limit', t => {
  t.strictSame(
    [0, 1, 2, 3, 4, 5, 6, 1_000].map(failures => retryDelayMs(failures, 0, 0)),
    [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000],
  );
  t.end();
});

t.test('viewers that lost the same camera do not return together', t => {
  const [soonest, latest] = [retryDelayMs(6, 0, 1), retryDelayMs(6, 0, 0)];
  t.ok(latest - soonest >= 1_000, `${soonest} to ${latest} ms`);
  t.ok(soonest >= 2_500, 'and none immediately');
  const drawn = new Set(Array.from({ length: 20 }, () => retryDelayMs(6)));
  t.ok(drawn.size > 5, 'the default is random');
  t.end();
});

t.test("the server's Retry-After is a minimum, up to a minute", t => {
  t.equal(retryDelayMs(0, 2_000, 1), 2_000);
  t.equal(retryDelayMs(0, 10, 0), 250);
  t.equal(retryDelayMs(0, 3_600_000, 0), 60_000);
  t.end();
});

t.test('a schedule is followed entry by entry, and its last entry repeats', t => {
  t.strictSame(
    [0, 1, 2, 3, 1_000].map(failures => scheduledDelayMs([0, 250, 1_000], failures)),
    [0, 250, 1_000, 1_000, 1_000],
  );
  t.equal(scheduledDelayMs([], 3), 0);
  t.end();
});
