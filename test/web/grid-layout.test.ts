import t from 'tap';
import { commonAspect, type GridSpace, gridLayout } from '../../src/web/dashboard/grid-layout.js';

const space = (count: number, width: number, height: number, more: Partial<GridSpace> = {}): GridSpace => ({
  count,
  width,
  height,
  aspect: 4 / 3,
  gap: 8,
  barHeight: () => 40,
  ...more,
});

t.test('the number of columns that shows N cameras largest', t => {
  const cases: [string, GridSpace, number][] = [
    ['one', space(1, 1_920, 1_000), 1],
    ['two beside each other on a wide screen', space(2, 1_920, 1_000), 2],
    ['two above each other on a tall one', space(2, 900, 1_600), 1],
    ['four', space(4, 1_920, 1_000), 2],
    ['six', space(6, 1_920, 1_000), 3],
    ['a phone held upright', space(3, 390, 800), 1],
    ['a phone held sideways', space(2, 800, 360), 2],
    ['an ultra-wide screen', space(4, 3_840, 700), 4],
  ];
  for (const [name, given, columns] of cases) t.equal(gridLayout(given).columns, columns, name);
  t.end();
});

t.test('in any window everything fits or scrolls, and nothing is wider than the window', t => {
  for (const width of [1, 200, 390, 599, 601, 1_024, 1_920, 3_840])
    for (const height of [1, 100, 360, 800, 1_080, 2_160])
      for (const count of [0, 1, 2, 3, 4, 5, 7, 9, 16, 40])
        for (const aspect of [4 / 3, 16 / 9, 9 / 16]) {
          const given = space(count, width, height, { aspect });
          const { columns, tileWidth, scrolls } = gridLayout(given);
          const rows = Math.ceil(Math.max(1, count) / columns);
          const high = rows * (tileWidth / aspect + 40) + (rows - 1) * given.gap;
          const wide = columns * tileWidth + (columns - 1) * given.gap;
          const name = `${count} in ${width}x${height}: ${columns} of ${tileWidth}`;
          if (!Number.isInteger(columns) || columns < 1 || columns > Math.max(1, count)) t.fail(`columns: ${name}`);
          if (wide > width) t.fail(`too wide: ${name}`);
          if (!scrolls && high > height + 1) t.fail(`too high: ${name}`);
        }
  t.ok(gridLayout(space(40, 400, 300)).scrolls, 'forty on a phone scroll');
  t.notOk(gridLayout(space(4, 1_920, 1_000)).scrolls);
  t.end();
});

t.test('a grid without holes is slightly preferred', t => {
  for (const count of [4, 6, 9]) {
    const { columns } = gridLayout(space(count, 1_600, 1_000));
    t.equal(count % columns, 0, `${count} in ${columns} columns`);
  }
  t.end();
});

t.test('the most common aspect ratio', t => {
  const wide = { width: 1_920, height: 1_080 };
  t.equal(commonAspect([]), 4 / 3);
  t.equal(commonAspect([{ width: 0, height: 0 }]), 4 / 3, 'a camera without video has no aspect ratio');
  t.equal(commonAspect([wide, { width: 640, height: 480 }, wide, { width: 480, height: 640 }, wide]), 16 / 9);
  t.end();
});
