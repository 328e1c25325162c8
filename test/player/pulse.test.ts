import t from 'tap';
import { Pulse } from '../../src/receiver/player/pulse.js';

const MS = 1_000_000n;
const ns = (ms: number): bigint => BigInt(Math.round(ms * 1e6));

/** Frames every so many ms, from a given time; returns the time of the next one. */
function play(
  pulse: Pulse,
  count: number,
  every: number,
  from = 0,
  isReported: (i: number) => boolean = () => true,
): number {
  for (let i = 0; i < count; i++) if (isReported(i)) pulse.decoded(ns(from + i * every), ns(from + i * every));
  return from + count * every;
}

t.test('decode times: the median since the last call', t => {
  const pulse = new Pulse();
  t.equal(pulse.take().decodeMs, null);
  for (const [i, took] of [2, 9, 3.456].entries()) {
    pulse.arrived(BigInt(i), ns(100 * i));
    pulse.decoded(BigInt(i), ns(100 * i + took));
  }
  t.equal(pulse.take().decodeMs, 3.46);
  t.equal(pulse.take().decodeMs, null, 'each counts once');
  pulse.decoded(77n, 500n * MS);
  t.equal(pulse.take().decodeMs, null, 'its arrival is unknown');
  pulse.arrived(78n, 600n * MS);
  t.equal(pulse.take().decodeMs, null, 'it is not decoded yet');
  pulse.decoded(78n, 603n * MS);
  pulse.decoded(78n, 610n * MS);
  t.equal(pulse.take().decodeMs, 3, 'a duplicate is counted once');
  t.end();
});

t.test('the decode time of a frame is known, unless two have the same timestamp', t => {
  const pulse = new Pulse();
  t.equal(pulse.departureOf(1n), null);
  pulse.decoded(1n, 5n);
  t.equal(pulse.departureOf(1n), 5n);
  pulse.decoded(2n, 6n);
  for (let i = 0; i < 3; i++) {
    pulse.decoded(1n, 7n);
    t.equal(pulse.departureOf(1n), null, 'it is ambiguous');
  }
  t.equal(pulse.departureOf(2n), 6n);
  t.end();
});

t.test('the history is bounded, and keeps the newest', t => {
  const pulse = new Pulse();
  for (let i = 0; i < 5_000; i++) {
    pulse.arrived(BigInt(i), BigInt(i));
    pulse.decoded(BigInt(i) + 1_000_000n, BigInt(i) + 1n);
  }
  t.equal(pulse.departureOf(1_004_999n), 5_000n);
  t.equal(pulse.departureOf(1_000_000n), null);
  let kept = 0;
  for (let i = 0n; i < 5_000n; i++) if (pulse.departureOf(1_000_000n + i) !== null) kept++;
  t.ok(kept >= 60 && kept <= 200, `${kept}`);
  pulse.take();
  pulse.decoded(0n, 9n * MS);
  t.equal(pulse.take().decodeMs, null, 'an old arrival is forgotten');
  pulse.decoded(4_999n, 9n * MS);
  t.not(pulse.take().decodeMs, null, 'a new one is');
  t.end();
});

t.test('freezes by W3C: three times the average interval, or 150 ms more', t => {
  for (const [fps, short, long] of [
    [10, 295, 305],
    [12.5, 235, 245],
    [30, 180, 186],
    [60, 164, 169],
  ] as const) {
    const every = 1_000 / fps;
    for (const [gap, freezes] of [
      [short, 0],
      [long, 1],
    ] as const) {
      const pulse = new Pulse();
      const end = play(pulse, 60, every);
      play(pulse, 30, every, end - every + gap);
      t.match(pulse.take(), { freezes, frozenMs: freezes * gap }, `${fps} fps, ${gap} ms`);
    }
  }
  t.end();
});

t.test('freezes are counted from the start, also across an interruption', t => {
  const pulse = new Pulse();
  let at = play(pulse, 30, 33);
  at = play(pulse, 30, 33, at + 1_000);
  t.equal(pulse.take().freezes, 1);
  play(pulse, 30, 33, at + 20_000);
  t.match(pulse.take(), { freezes: 2, frozenMs: 1_000 + 20_000 + 2 * 33 });
  t.end();
});

t.test('a slow start or a lower rate is no freeze; a rate that collapses is one for a while', t => {
  const beginning = new Pulse();
  play(beginning, 5, 20);
  play(beginning, 60, 33, 1_000);
  t.equal(beginning.take().freezes, 0);
  const slower = new Pulse();
  play(slower, 60, 100, play(slower, 60, 20));
  t.equal(slower.take().freezes, 0);
  const stopped = new Pulse();
  play(stopped, 100, 1_000, play(stopped, 60, 33));
  const { freezes } = stopped.take();
  t.ok(freezes > 0 && freezes < 40, `a constant rate is not a freeze forever: ${freezes}`);
  t.end();
});

t.test('one unreported frame a second is no freeze', t => {
  for (const fps of [10, 12.5, 25, 30, 60]) {
    const pulse = new Pulse();
    play(pulse, fps * 20, 1_000 / fps, 0, i => i % Math.round(fps) !== 3);
    t.match(pulse.take(), { freezes: 0, frozenMs: 0 }, `${fps} fps`);
  }
  t.end();
});
