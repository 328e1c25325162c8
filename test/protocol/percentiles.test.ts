import fc from 'fast-check';
import t from 'tap';
import { SlidingPercentiles } from '../../src/protocol/percentiles.js';

t.test('nearest rank, in any order', t => {
  const window = new SlidingPercentiles(100);
  t.equal(window.read(), null);
  window.add(7);
  t.strictSame(window.read(), { p50: 7, p95: 7, p99: 7, count: 1 });
  window.clear();
  for (let i = 100; i >= 1; i--) window.add(i);
  t.strictSame(window.read(), { p50: 50, p95: 95, p99: 99, count: 100 });
  t.end();
});

t.test('the oldest values are dropped, and NaN is ignored', t => {
  const window = new SlidingPercentiles(3);
  for (const value of [1000, 1000, 1000, Number.NaN, Number.POSITIVE_INFINITY, 1, 2, 3]) window.add(value);
  t.strictSame(window.read(), { p50: 2, p95: 3, p99: 3, count: 3 });
  window.clear();
  t.equal(window.read(), null);
  window.add(4);
  t.match(window.read(), { p99: 4, count: 1 });
  for (const size of [0, -1, 1.5, Number.NaN]) t.throws(() => new SlidingPercentiles(size), TypeError);
  t.end();
});

t.test('each is one of the last values, and they are ascending', t => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), values => {
      const window = new SlidingPercentiles(10);
      for (const value of values) window.add(value);
      const read = window.read();
      const last = values.slice(-10);
      return (
        read !== null &&
        read.count === last.length &&
        read.p50 <= read.p95 &&
        read.p95 <= read.p99 &&
        [read.p50, read.p95, read.p99].every(value => last.includes(value))
      );
    }),
  );
  t.end();
});
