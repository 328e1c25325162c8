import fc from 'fast-check';
import t from 'tap';
import { tileRectangles, windowSize } from '../../src/receiver/player/layout.js';

const tiles = fc.integer({ min: 1, max: 32 });
const windows = fc.record({
  width: fc.integer({ min: 128, max: 4_096 }),
  height: fc.integer({ min: 128, max: 4_096 }),
});

t.test('in any window every tile is inside and overlaps no other', async () => {
  fc.assert(
    fc.property(windows, tiles, (window, count) => {
      const rectangles = tileRectangles(window, count);
      const isInside = rectangles.every(
        ({ x, y, width, height }) =>
          x >= 0 && y >= 0 && x + width <= window.width && y + height <= window.height && width >= 2 && height >= 2,
      );
      const isEven = rectangles.every(({ x, y, width, height }) => [x, y, width, height].every(n => n % 2 === 0));
      const isApart = rectangles.every((a, i) =>
        rectangles.every(
          (b, j) =>
            j <= i || a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y,
        ),
      );
      return rectangles.length === count && isInside && isEven && isApart;
    }),
  );
});

t.test('no other number of columns shows the video much larger', async () => {
  fc.assert(
    fc.property(windows, tiles, (window, count) => {
      const scale = ({ width, height }: { width: number; height: number }): number => Math.min(width / 4, height / 3);
      const best = Math.max(
        ...Array.from({ length: count }, (_, i) =>
          scale({ width: window.width / (i + 1), height: window.height / Math.ceil(count / (i + 1)) }),
        ),
      );
      // A grid without holes may cost a tenth; and sizes are even numbers of pixels.
      return scale(tileRectangles(window, count)[0] ?? { width: 0, height: 0 }) > 0.9 * best - 1;
    }),
  );
});

t.test('the window itself', async t => {
  t.strictSame(windowSize(1), { width: 640, height: 480 });
  t.strictSame(windowSize(2), { width: 1_280, height: 480 });
  t.strictSame(windowSize(4), { width: 1_280, height: 960 });
  fc.assert(
    fc.property(tiles, count => {
      const { width, height } = windowSize(count);
      return width <= 1_920 && height <= 1_080 && width % 2 === 0 && height % 2 === 0 && width * height > 200_000;
    }),
  );
});

t.test('a wide window has a row, a tall one a column; a tiny one is no error', t => {
  const columns = (width: number, height: number): number =>
    new Set(tileRectangles({ width, height }, 3).map(({ x }) => x)).size;
  t.equal(columns(1_920, 480), 3);
  t.equal(columns(640, 1_440), 1);
  for (const window of [
    { width: 1, height: 1 },
    { width: 0, height: 0 },
  ])
    t.equal(tileRectangles(window, 5).length, 5);
  t.strictSame(tileRectangles({ width: 640, height: 480 }, 0), []);
  t.end();
});
