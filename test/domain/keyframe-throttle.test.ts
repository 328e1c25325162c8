import fc from 'fast-check';
import t from 'tap';
import { KeyframeThrottle } from '../../src/domain/keyframe-throttle.js';

t.test('the first request at once, and one keyframe for all requests before the next is due', t => {
  const throttle = new KeyframeThrottle({ spacingMs: 500 });
  t.equal(throttle.dueAt, null);
  t.equal(throttle.request(1_000), true);
  t.equal(throttle.dueAt, null, 'nothing waits');
  t.equal(throttle.due(2_000), false, 'no request is pending');
  t.equal(throttle.request(2_000), true, 'the interval has passed');
  t.equal(throttle.request(2_100), false);
  t.equal(throttle.request(2_200), false);
  t.equal(throttle.dueAt, 2_500);
  t.equal(throttle.due(2_499), false);
  t.equal(throttle.due(2_500), true);
  t.equal(throttle.due(2_500), false, 'once');
  t.end();
});

t.test('for any requests keyframes are spaced, and none is forgotten', t => {
  fc.assert(
    fc.property(fc.array(fc.nat(400), { maxLength: 50 }), pauses => {
      const throttle = new KeyframeThrottle({ spacingMs: 250 });
      const made: number[] = [];
      let now = 0;
      let askedAt = 0;
      for (const pause of pauses) {
        const until = now + pause;
        while (throttle.dueAt !== null && throttle.dueAt <= until) {
          now = throttle.dueAt;
          if (throttle.due(now)) made.push(now);
        }
        now = askedAt = until;
        if (throttle.request(now)) made.push(now);
      }
      const last = throttle.dueAt;
      if (last !== null && throttle.due(last)) made.push(last);
      return (
        made.every((at, i) => i === 0 || at - (made[i - 1] ?? 0) >= 250) &&
        (pauses.length === 0 || (made.at(-1) ?? -1) >= askedAt)
      );
    }),
  );
  t.end();
});

t.test('few requests are passed on at once, many are throttled', t => {
  const throttle = new KeyframeThrottle({ spacingMs: 500, freePerSecond: 4 });
  t.equal(throttle.request(10_000), true);
  t.equal(throttle.request(10_010), true, 'it is free');
  t.equal(throttle.spacingMs, 0);
  throttle.note(12_000, 40);
  t.equal(throttle.spacingMs, 500, 'a storm');
  t.equal(throttle.request(12_100), true);
  t.equal(throttle.request(12_200), false);
  throttle.note(14_000, 1);
  t.equal(throttle.spacingMs, 0, 'the throttling has ended');
  t.end();
});
