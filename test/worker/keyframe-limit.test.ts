import t from 'tap';
import { KeyframeRequestLimit } from '../../src/worker/sessions/keyframe-request-limit.js';

/** Feeds [ms, session, requests since it joined] and returns the spacings that were requested. */
function run(...notes: [number, string, number][]): (number | null)[] {
  const limit = new KeyframeRequestLimit();
  limit.note('first', 0, 10_000);
  return notes.map(([ms, session, requests]) => limit.note(session, requests, 10_000 + ms));
}

t.test('a few requests are passed on at once', t => {
  t.strictSame(run([2_000, 'a', 2], [2_100, 'b', 2], [4_000, 'a', 3], [6_000, 'b', 9]), [null, null, null, null]);
  t.end();
});

t.test('a storm of requests is throttled and reported once, and its end too', t => {
  t.strictSame(run([2_000, 'a', 20], [4_000, 'a', 40], [6_000, 'a', 60], [8_000, 'a', 61], [10_000, 'a', 61]), [
    500,
    null,
    null,
    0,
    null,
  ]);
  t.end();
});

t.test('the requests of all viewers count together', t => {
  t.strictSame(run([100, 'a', 4], [200, 'b', 4], [300, 'c', 4], [2_000, 'a', 4]), [null, null, null, 500]);
  t.end();
});

t.test('only new requests count, and a counter that restarts subtracts nothing', t => {
  const limit = new KeyframeRequestLimit();
  limit.note('a', 0, 1_000);
  t.equal(limit.note('a', 1_000, 10_000), 500);
  t.equal(limit.note('a', 1_000, 11_000), 0, 'the old ones were counted');
  t.equal(limit.note('a', 3, 14_000), null);
  t.equal(limit.note('a', 40, 16_000), 500);
  t.end();
});

t.test('a viewer that left and returned starts at zero', t => {
  const limit = new KeyframeRequestLimit();
  limit.note('a', 20, 10_000);
  t.equal(limit.note('a', 21, 12_000), null);
  limit.forget('a');
  t.equal(limit.note('a', 20, 14_000), 500);
  t.end();
});
