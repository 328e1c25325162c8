import t from 'tap';
import { trendOf } from '../../bench/trend.js';

const series = (y: (x: number) => number, count = 40) => Array.from({ length: count }, (_, x) => ({ x, y: y(x) }));
/** Goes up and down forever, without a trend. */
const wobble = (x: number): number => Math.sin(x * 2.7) * 5;

t.test('growth is detected, also with fluctuations', t => {
  const { slope, atLeast } = trendOf(series(x => 100 + 2 * x));
  t.equal(slope, 2);
  t.equal(atLeast, 2);
  const rough = trendOf(series(x => 100 + 2 * x + wobble(x)));
  t.ok(Math.abs(rough.slope - 2) < 0.1, `${rough.slope}`);
  t.ok(rough.atLeast > 1.5, `${rough.atLeast}`);
  t.end();
});

t.test('fluctuations, or one jump, are no trend', t => {
  t.ok(trendOf(series(x => 100 + wobble(x))).atLeast < 0);
  t.equal(trendOf(series(() => 7)).atLeast, 0);
  t.equal(trendOf(series(x => (x === 20 ? 900 : 7))).slope, 0);
  t.ok(trendOf(series(x => wobble(x), 4)).atLeast < 0, 'nor of few points');
  t.end();
});
