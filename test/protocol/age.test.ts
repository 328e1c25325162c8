import t from 'tap';
import { formatAge } from '../../src/protocol/age.js';

t.test('ages', t => {
  const cases: [seconds: number, tenthsBelow: number, words: string][] = [
    [-5, 10, '0.0 s'],
    [0, 10, '0.0 s'],
    [0.64, 10, '0.6 s'],
    [9.949, 10, '9.9 s'],
    [9.95, 10, '9 s'],
    [12.9, 10, '12 s'],
    [59.949, 60, '59.9 s'],
    [59.95, 60, '59 s'],
    [-5, 0, '0 s'],
    [0.9, 0, '0 s'],
    [59.999, 0, '59 s'],
    [60, 10, '1 min 0 s'],
    [125, 0, '2 min 5 s'],
    [3_600, 10, '1 h 0 min'],
    [10_920, 60, '3 h 2 min'],
    [86_399, 0, '23 h 59 min'],
    [90_000, 0, '1 d 1 h'],
  ];
  for (const [seconds, tenthsBelow, words] of cases) t.equal(formatAge(seconds, tenthsBelow), words);
  t.end();
});
