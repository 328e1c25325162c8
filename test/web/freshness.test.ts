import t from 'tap';
import { assessFreshness, staleAfterMs, usualInterval, withInterval } from '../../src/web/player/freshness.js';

t.test("when a frame is stale, by the camera's rate", t => {
  const cases: [string, number | undefined, number | undefined, number][] = [
    ['30 fps: a hiccup is not a freeze', 30, 33, 500],
    ['5 fps', 5, 200, 600],
    ['2 fps', 2, 500, 1_500],
    ['1 frame in 10 s: never later than 3 s', 0.1, 10_000, 3_000],
    ['a fast camera over a failing link', 30, 2_000, 500],
    ['rate not known', undefined, 400, 1_200],
    ['rate 0 is not known either', 0, 400, 1_200],
    ['nothing known', undefined, undefined, 500],
  ];
  for (const [name, fps, interval, expected] of cases) t.equal(staleAfterMs(fps, interval), expected, name);
  t.end();
});

t.test('fresh, stale, lost', t => {
  const cases: [age: number, stale: number, expected: string][] = [
    [0, 500, 'fresh'],
    [500, 500, 'fresh'],
    [501, 500, 'stale'],
    [3_000, 500, 'stale'],
    [3_001, 500, 'lost'],
    [5_999, 3_000, 'stale'],
    [6_001, 3_000, 'lost'],
  ];
  for (const [age, stale, expected] of cases) t.equal(assessFreshness(age, stale), expected, `${age} ms of ${stale}`);
  t.end();
});

t.test('the usual interval is the median of the last ones', t => {
  t.equal(usualInterval([]), undefined);
  t.equal(usualInterval([33, 33, 4_000, 33, 0]), 33, 'one gap and one burst do not change it');
  const given = [3, 1, 2];
  usualInterval(given);
  t.strictSame(given, [3, 1, 2], 'the input keeps its order');
  let intervals: number[] = [];
  for (let n = 1; n <= 40; n++) intervals = withInterval(intervals, n);
  t.equal(intervals.at(-1), 40);
  t.equal(intervals.length, 15);
  t.equal(intervals[0], 26, 'the oldest are dropped');
  t.end();
});
