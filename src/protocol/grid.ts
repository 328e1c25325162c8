/** A grid of tiles, row by row. */
export interface Grid {
  columns: number;
  rows: number;
  /** Width of a tile, in the unit of `widthIn`. */
  width: number;
}

/** A grid without empty cells may have tiles that are smaller by this share. */
const HOLES_COST = 0.1;

/**
 * The grid with the largest tiles.
 * @param count of tiles, at least 1
 * @param widthIn width of a tile in a grid of so many columns and rows
 */
export function largestGrid(count: number, widthIn: (columns: number, rows: number) => number): Grid {
  const grids = Array.from({ length: Math.max(1, count) }, (_, index): Grid => {
    const columns = index + 1;
    const rows = Math.ceil(count / columns);
    return { columns, rows, width: widthIn(columns, rows) };
  });
  const widest = Math.max(...grids.map(({ width }) => width));
  const holes = ({ columns, rows }: Grid): number => columns * rows - count;
  const [best] = grids
    .filter(({ width }) => width >= widest * (1 - HOLES_COST))
    .sort((a, b) => holes(a) - holes(b) || b.width - a.width);
  return best ?? { columns: 1, rows: 1, width: widthIn(1, 1) };
}
