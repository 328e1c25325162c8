import t from 'tap';
import { RecentKeys } from '../../src/server/http/recent-keys.js';

t.test('a key is remembered for a time after it was last added', async t => {
  let now = 0;
  const lately = new RecentKeys({ max: 10, forMs: 100, now: () => now });
  t.notOk(lately.has('a'));
  lately.add('a');
  now = 99;
  t.ok(lately.has('a'));
  lately.add('a');
  now = 198;
  t.ok(lately.has('a'));
  now = 199;
  t.notOk(lately.has('a'));
});

t.test('above the limit the key that was added longest ago is forgotten', async t => {
  const lately = new RecentKeys({ max: 2, forMs: 100, now: () => 0 });
  for (const key of ['a', 'b', 'a', 'c']) lately.add(key);
  t.strictSame(
    ['a', 'b', 'c'].map(key => lately.has(key)),
    [true, false, true],
  );
});
