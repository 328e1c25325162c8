import fc from 'fast-check';
import t from 'tap';
import { type ClockExchange, ClockOffsetEstimate } from '../../src/protocol/clock-offset.js';

const MS = 1_000_000n;
const S = 1_000n * MS;
const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** An exchange whose request took `there` ns, and whose answer took `back`. */
function exchange(sentNs: bigint, offset: bigint, there: bigint, back: bigint): ClockExchange {
  return { sentNs, serverNs: sentNs + there + offset, receivedNs: sentNs + there + back };
}

t.test('the offset of the other clock, with its error', t => {
  const estimate = new ClockOffsetEstimate();
  t.equal(estimate.at(0n), null);
  estimate.add(exchange(10n * S, 5n * S, 3n * MS, 3n * MS));
  t.strictSame(estimate.at(10n * S + 6n * MS), { offsetNs: 5n * S, errorNs: 3n * MS + 600n });
  t.end();
});

t.test('a fully asymmetric delay is within the bound', t => {
  for (const [there, back] of [
    [80n * MS, 0n],
    [0n, 80n * MS],
  ] as const) {
    const estimate = new ClockOffsetEstimate();
    estimate.add(exchange(S, -9n * S, there, back));
    const { offsetNs, errorNs } = estimate.at(S + 80n * MS) ?? { offsetNs: 0n, errorNs: 0n };
    t.equal(errorNs, 40n * MS + 8_000n);
    t.not(offsetNs, -9n * S);
    t.ok(abs(offsetNs + 9n * S) <= errorNs);
  }
  t.end();
});

t.test('the bound holds with any delays and drift', t => {
  const delay = fc.bigInt({ min: 0n, max: 2n * S });
  const question = fc.record({ there: delay, back: delay, pause: fc.bigInt({ min: 0n, max: 60n * S }) });
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(1n << 60n), max: 1n << 60n }),
      fc.integer({ min: -90, max: 90 }),
      fc.array(question, { minLength: 1, maxLength: 40 }),
      (offset, ppm, questions) => {
        const estimate = new ClockOffsetEstimate();
        let now = 0n;
        const offsetAt = (time: bigint): bigint => offset + (time * BigInt(ppm)) / 1_000_000n;
        for (const { there, back, pause } of questions) {
          const sentNs = now;
          now += there;
          const serverNs = now + offsetAt(now);
          now += back;
          estimate.add({ sentNs, serverNs, receivedNs: now });
          now += pause;
        }
        const found = estimate.at(now);
        return found !== null && abs(found.offsetNs - offsetAt(now)) <= found.errorNs;
      },
    ),
  );
  t.end();
});

t.test('the shortest round trip wins, until the possible drift outweighs the difference', t => {
  const estimate = new ClockOffsetEstimate();
  estimate.add(exchange(0n, 7n * S, 1n * MS, 1n * MS));
  estimate.add(exchange(5n * S, 7n * S + MS, 2n * MS, 2n * MS));
  t.equal(estimate.at(5n * S + 4n * MS)?.offsetNs, 7n * S, 'the shorter');
  estimate.add(exchange(100n * S, 7n * S + 5n * MS, 5n * MS, 5n * MS));
  t.equal(estimate.at(100n * S + 10n * MS)?.offsetNs, 7n * S + 5n * MS, 'the newer');
  t.equal(estimate.at(200n * S)?.errorNs, 5n * MS + 10n * MS, 'and its error grows with time');
  t.end();
});

t.test('only a few are kept, and an answer before its request is ignored', t => {
  const estimate = new ClockOffsetEstimate();
  estimate.add({ sentNs: 5n, serverNs: 0n, receivedNs: 4n });
  t.equal(estimate.at(10n), null);
  estimate.add(exchange(0n, S, 0n, 0n));
  for (let i = 1n; i <= 16n; i++) estimate.add(exchange(i, 2n * S, MS, MS));
  t.equal(estimate.at(20n)?.offsetNs, 2n * S, 'the first is forgotten');
  t.end();
});
