import { PassThrough } from 'node:stream';
import t from 'tap';
import { readLimitedLines } from '../../src/process/limited-lines.js';
import { VirtualClock } from '../helpers/virtual-clock.js';

function setUp() {
  const clock = new VirtualClock();
  const stream = new PassThrough();
  const [lines, logged, leftOut]: [string[], string[], number[]] = [[], [], []];
  readLimitedLines(stream, {
    onLine: line => lines.push(line),
    log: line => logged.push(line),
    onLeftOut: count => leftOut.push(count),
    clock,
  });
  return { clock, stream, lines, logged, leftOut };
}

t.test('lines are complete, however they are chunked; the last one needs no line end', async t => {
  const { clock, stream, lines, logged } = setUp();
  for (const piece of ['on', 'e\ntwo\n\nth', 'ree']) stream.write(piece);
  stream.write(Buffer.from('é').subarray(0, 1));
  stream.write(Buffer.from('é').subarray(1));
  await clock.pass(0);
  stream.destroy();
  await clock.pass(0);
  t.strictSame(lines, ['one', 'two', '', 'threeé']);
  t.strictSame(logged, lines);
});

t.test('an endless line is truncated, and its memory is bounded', async t => {
  const { clock, stream, lines } = setUp();
  for (let i = 0; i < 200; i++) {
    stream.write('x'.repeat(10_000));
    await clock.pass(0);
  }
  stream.write('\nnext\n');
  await clock.pass(0);
  t.strictSame(
    lines.map(line => line.length),
    [2_000, 4],
  );
});

t.test('lines above 100 in 10 s are only counted', async t => {
  const { clock, stream, lines, logged, leftOut } = setUp();
  stream.write('frame dropped\n'.repeat(1_000));
  await clock.pass(9_999);
  t.equal(lines.length, 1_000);
  t.equal(logged.length, 100);
  t.strictSame(leftOut, []);
  await clock.pass(1);
  t.strictSame(leftOut, [900]);
  stream.write('once more\n');
  await clock.pass(20_000);
  t.equal(logged.at(-1), 'once more');
  t.strictSame(leftOut, [900], 'no report without dropped lines');
  stream.write('frame dropped\n'.repeat(102));
  await clock.pass(0);
  stream.destroy();
  await clock.pass(0);
  t.strictSame(leftOut, [900, 2], 'also at the end');
});
