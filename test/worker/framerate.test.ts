import fc from 'fast-check';
import t from 'tap';
import { reaches, showFraction, showRate, toFraction } from '../../src/worker/sources/framerate.js';

t.test('rates as given by cameras, and as written in caps', t => {
  const cases: [rate: number, fraction: string][] = [
    [30, '30/1'],
    [1, '1/1'],
    [240, '240/1'],
    [29.97, '30000/1001'],
    [30000 / 1001, '30000/1001'],
    [59.94, '60000/1001'],
    [23.976, '24000/1001'],
    [14.985, '15000/1001'],
    [7.5, '15/2'],
    [12.5, '25/2'],
    [3.75, '15/4'],
    [8.333, '25/3'],
    [8.333333, '25/3'],
    [24.39, '1000/41'],
    [33.333, '100/3'],
    [0.5, '1/2'],
    [30.0003, '30/1'],
    [15.625, '125/8'],
  ];
  for (const [rate, fraction] of cases) t.equal(showFraction(rate), fraction, String(rate));
  t.end();
});

t.test('any rate survives the conversion to a fraction', t => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1000, noNaN: true }), rate => {
      const [numerator, denominator] = toFraction(rate);
      return Number.isInteger(numerator) && numerator > 0 && Math.abs(numerator / denominator - rate) < 0.001;
    }),
  );
  fc.assert(fc.property(fc.integer({ min: 1, max: 240 }), rate => showFraction(rate) === `${rate}/1`));
  t.end();
});

t.test('29.97 counts as 30, 29 does not', t => {
  t.ok(reaches(29.97, 30));
  t.ok(reaches(30, 29.97));
  t.ok(reaches(60, 30));
  t.notOk(reaches(29, 30));
  t.notOk(reaches(30, 60));
  t.end();
});

t.test('rates for people', t => {
  t.strictSame([30, 30000 / 1001, 7.5].map(showRate), ['30', '29.97', '7.5']);
  t.end();
});
