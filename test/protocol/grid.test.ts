import fc from 'fast-check';
import t from 'tap';
import { largestGrid } from '../../src/protocol/grid.js';

const fit = (width: number, height: number) => (columns: number, rows: number) =>
  Math.min(width / columns, (height / rows) * (4 / 3));

t.test('the number of columns that shows the frames largest', t => {
  const cases: [count: number, width: number, height: number, columns: number][] = [
    [1, 640, 480, 1],
    [3, 1_920, 480, 3],
    [3, 640, 1_440, 1],
    [4, 1_280, 960, 2],
    [6, 1_920, 1_000, 3],
  ];
  for (const [count, width, height, columns] of cases)
    t.equal(largestGrid(count, fit(width, height)).columns, columns, `${count} in ${width}x${height}`);
  t.end();
});

t.test('every frame has a cell, and none is much smaller than in another grid', async () => {
  const size = fc.integer({ min: 1, max: 4_096 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), size, size, (count, width, height) => {
      const widthIn = fit(width, height);
      const grid = largestGrid(count, widthIn);
      const widths = Array.from({ length: count }, (_, i) => widthIn(i + 1, Math.ceil(count / (i + 1))));
      return (
        grid.columns * grid.rows >= count &&
        grid.columns * (grid.rows - 1) < count &&
        grid.width === widthIn(grid.columns, grid.rows) &&
        grid.width >= 0.9 * Math.max(...widths)
      );
    }),
  );
});
