import t from 'tap';
import { Pulse } from '../../src/player/pulse.js';

const MS = 1_000_000;
const at = (ms: number): bigint => BigInt(Math.round(ms * MS));

t.test('the time to decode is the median since it was asked for', t => {
  const pulse = new Pulse();
  t.equal(pulse.take().decodeMs, null);
  [1, 9, 2].forEach((ms, i) => {
    pulse.arrived(BigInt(i), at(i * 33));
    pulse.decoded(BigInt(i), at(i * 33 + ms));
  });
  t.equal(pulse.take().decodeMs, 2);
  t.equal(pulse.take().decodeMs, null, 'and of none since');
  t.end();
});

t.test('pictures at a steady rate are no freeze, though one a second is not told of', t => {
  for (const fps of [10, 12.5, 25, 30, 60]) {
    const pulse = new Pulse();
    for (let i = 0; i < 20 * fps; i++) if (i % Math.ceil(fps) !== 0) pulse.decoded(BigInt(i), at((i * 1000) / fps));
    t.match(pulse.take(), { freezes: 0, frozenMs: 0 }, `${fps} fps`);
  }
  t.end();
});

t.test('a gap is a freeze once, and the next one too', t => {
  const pulse = new Pulse();
  let now = 0;
  const play = (pictures: number): void => {
    for (let i = 0; i < pictures; i++) {
      now += 33;
      pulse.decoded(at(now), at(now));
    }
  };
  play(40);
  now += 500;
  play(40);
  t.match(pulse.take(), { freezes: 1, frozenMs: 533 });
  now += 6_000;
  play(40);
  t.match(pulse.take(), { freezes: 2, frozenMs: 6_566 });
  t.end();
});

t.test('when a picture was decoded, where that is known', t => {
  const pulse = new Pulse();
  pulse.decoded(7n, 100n);
  pulse.decoded(8n, 200n);
  t.equal(pulse.departureOf(8n), 200n);
  t.equal(pulse.departureOf(7n), 100n);
  t.equal(pulse.departureOf(9n), null);
  pulse.decoded(8n, 300n);
  t.equal(pulse.departureOf(8n), null, 'two of the same time');
  for (let i = 1000; i < 2000; i++) pulse.decoded(BigInt(i), BigInt(i));
  t.equal(pulse.departureOf(7n), null, 'old ones are forgotten');
  t.end();
});
