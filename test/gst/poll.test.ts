import t from 'tap';
import { poll } from '../../src/gst/poll.js';
import { firstFrame } from '../../src/worker/encoding/first-frame.js';

/** A clock that advances only by sleeps; `at` is what happens when. */
function virtualClock(at: Readonly<Record<number, () => void>> = {}) {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms: number) => {
      for (let end = now + ms; now < end; ) at[++now]?.();
    },
  };
}

t.test('polls until there is an answer, and once more at the timeout', async t => {
  let polls = 0;
  const clock = virtualClock();
  t.equal(await poll(() => (++polls === 3 ? 'it' : null), { timeoutMs: 100, everyMs: 10, clock }), 'it');
  t.equal(clock.now(), 20);
  polls = 0;
  const late = virtualClock();
  const look = () => {
    polls++;
    return null;
  };
  t.equal(await poll(look, { timeoutMs: 100, everyMs: 30, clock: late }), null);
  t.equal(late.now(), 120);
  t.equal(polls, 5, 'it polls even if it was stalled for the whole timeout');
  await t.rejects(
    poll(
      () => {
        throw new Error('no');
      },
      { timeoutMs: 100 },
    ),
    /no/,
  );
});

t.test('the first frame', async t => {
  let count = 0;
  const come = () => {
    count++;
  };
  const options = { count: () => count, timeoutMs: 1_000, keepWaiting: () => true };
  t.equal(await firstFrame({ ...options, clock: virtualClock({ 500: come }) }), 'arrived');
  t.equal(await firstFrame({ ...options, clock: virtualClock() }), 'arrived', 'it had already arrived');
  count = 0;
  t.equal(await firstFrame({ ...options, clock: virtualClock({ 2000: come }) }), 'late');
  let isWanted = true;
  const clock = virtualClock({
    200: () => {
      isWanted = false;
    },
    300: come,
  });
  t.equal(await firstFrame({ ...options, keepWaiting: () => isWanted, clock }), 'cancelled');
});
