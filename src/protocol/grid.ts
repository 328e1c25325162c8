/** How pictures are laid out in a grid, row by row. */
export interface Grid {
  columns: number;
  rows: number;
  /** Of a picture, in whatever unit `widthIn` has. */
  width: number;
}

/** A grid without holes is worth pictures that are smaller by this share. */
const HOLES_COST = 0.1;

/**
 * The grid that shows pictures largest.
 * @param count of pictures, at least 1
 * @param widthIn how wide a picture is in a grid of so many columns and rows
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
