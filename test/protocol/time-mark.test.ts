import fc from 'fast-check';
import t from 'tap';
import {
  parseTimeMark,
  readTimeMark,
  TIME_MARK,
  TIME_MARK_CORNER,
  TIME_MARK_GLYPHS,
  type TimeMarkFrame,
} from '../../src/protocol/time-mark.js';

const { cell, columns, margin, rows } = TIME_MARK;

/** The corner with a mark in it, as drawn. */
function drawn(text: string, options: { bytes?: 1 | 4; white?: number; black?: number; shift?: number } = {}) {
  const { bytes = 1, white = 255, black = 0, shift = 0 } = options;
  const { width, height } = TIME_MARK_CORNER;
  const data = new Uint8Array(width * height * bytes).fill(black);
  for (const [i, character] of [...text].entries())
    for (let n = 0; n < rows * columns; n++) {
      if (((TIME_MARK_GLYPHS[character] ?? 0) & (1 << (rows * columns - 1 - n))) === 0) continue;
      const left = margin + shift + (i * columns + (n % columns)) * cell;
      const top = margin + shift + Math.floor(n / columns) * cell;
      for (let y = top; y < top + cell; y++)
        data.fill(white, (y * width + left) * bytes, (y * width + left + cell) * bytes);
    }
  return { data, width, height, bytesPerPixel: bytes } satisfies TimeMarkFrame;
}

t.test('a time, in the middle of its millisecond', t => {
  t.equal(parseTimeMark('0:00:00.000'), 500_000n);
  t.equal(parseTimeMark('34:17:36.789'), 123_456_789_500_000n);
  t.equal(parseTimeMark('S 34:17:36.789'), 123_456_789_500_000n);
  t.equal(parseTimeMark('99999:59:59.999'), 359_999_999_999_500_000n, 'eleven years');
  for (const text of [
    '',
    'S ',
    '1:2:3.4',
    '-1:00:00.000',
    '0:60:00.000',
    '0:00:61.000',
    '0:00:00.0000',
    '100000:00:00.000',
    '0:00:00.000 ',
    '0:00:00.000\n',
    'S S 0:00:00.000',
    '٠:00:00.000',
    `${'9'.repeat(100_000)}:00:00.000`,
    '99:99:99.999',
  ])
    t.equal(parseTimeMark(text), null, JSON.stringify(text.slice(0, 30)));
  t.end();
});

t.test('no glyph becomes another by one cell', t => {
  const codes = Object.entries(TIME_MARK_GLYPHS).filter(([character]) => character !== 'S' && character !== ' ');
  for (const [a, first] of codes)
    for (const [b, second] of codes) {
      if (a === b) continue;
      t.ok((first ^ second).toString(2).replaceAll('0', '').length >= 2, `${a} ${b}`);
    }
  t.end();
});

t.test('a drawn mark is read', t => {
  for (const text of ['S 0:00:00.000', 'S 34:17:36.789', 'S 99999:59:59.999', 'S 8:26:05.431'])
    for (const options of [{}, { bytes: 4 as const }, { white: 200, black: 40 }, { shift: 2 }, { shift: -2 }])
      t.equal(readTimeMark(drawn(text, options)), parseTimeMark(text), `${text} ${JSON.stringify(options)}`);
  t.end();
});

t.test('an invalid, truncated or dimmed mark is not read', t => {
  const whole = drawn('S 34:17:36.789');
  t.equal(readTimeMark({ ...whole, width: 40 }), null, 'cut off');
  t.equal(readTimeMark({ ...whole, height: 10 }), null, 'cut off below');
  t.equal(readTimeMark({ data: [], width: 0, height: 0, bytesPerPixel: 1 }), null, 'empty');
  t.equal(readTimeMark({ data: [255], width: 200, height: 200, bytesPerPixel: 4 }), null, 'fewer pixels than declared');
  t.equal(readTimeMark(drawn('S 34:17:36.789', { white: 90, black: 0 })), null, 'dimmed');
  for (const text of ['', '34:17:36.789', 'S 34:77:36.789', 'S 34:17:36:789', 'S S4:17:36.789', 'S .........'])
    t.equal(readTimeMark(drawn(text)), null, text);
  t.end();
});

t.test('a single wrong cell is detected anywhere', t => {
  const text = 'S 34:17:36.789';
  const inGlyphs = text.length * columns;
  fc.assert(
    fc.property(fc.nat(inGlyphs - 1), fc.nat(rows - 1), (x, y) => {
      const frame = drawn(text);
      for (let row = 0; row < cell; row++)
        for (let column = 0; column < cell; column++) {
          const at = (margin + y * cell + row) * frame.width + margin + x * cell + column;
          frame.data[at] = 255 - (frame.data[at] ?? 0);
        }
      return readTimeMark(frame) === null;
    }),
  );
  t.end();
});

t.test('noise is never a time', t => {
  const { width, height } = TIME_MARK_CORNER;
  const noise = fc.uint8Array({ minLength: width * height, maxLength: width * height });
  fc.assert(
    fc.property(noise, data => readTimeMark({ data, width, height, bytesPerPixel: 1 }) === null),
    { numRuns: 50 },
  );
  t.end();
});
