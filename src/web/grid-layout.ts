/** How many columns show N cameras largest. Pure. */

export interface GridSpace {
  count: number;
  /** Pixels that the grid has. */
  width: number;
  height: number;
  /** Width over height of a picture. */
  aspect: number;
  /** Pixels between tiles. */
  gap: number;
  /** Pixels of a tile above its picture, by the tile's width. */
  barHeight: (tileWidth: number) => number;
}

export interface GridLayout {
  columns: number;
  /** Pixels; the picture fills the tile's width. */
  tileWidth: number;
  /** Whether the tiles need more height than there is. */
  scrolls: boolean;
}

/** Below this a window is a phone's, held upright: one column. */
const NARROW = 600;
/** A smaller picture shows too little to be worth fitting it in: scroll instead. */
const SMALLEST_TILE = 150;
/** A grid without holes is worth pictures that are smaller by this share. */
const HOLES_COST = 0.1;

const ceilDivide = (a: number, b: number): number => Math.floor((a + b - 1) / b);

function fittingWidth(space: GridSpace, columns: number): number {
  const rows = ceilDivide(space.count, columns);
  const cellWidth = (space.width - space.gap * (columns - 1)) / columns;
  const cellHeight = (space.height - space.gap * (rows - 1)) / rows;
  // The bar is higher on narrow tiles, so a width that was found with the low bar is tried again with its own bar.
  const first = Math.min(cellWidth, (cellHeight - space.barHeight(cellWidth)) * space.aspect);
  return Math.min(cellWidth, (cellHeight - space.barHeight(first)) * space.aspect);
}

export function gridLayout(space: GridSpace): GridLayout {
  const count = Math.max(1, space.count);
  if (space.width < NARROW && space.height > space.width) {
    const height = space.width / space.aspect + space.barHeight(space.width);
    return {
      columns: 1,
      tileWidth: Math.floor(space.width),
      scrolls: count * height + (count - 1) * space.gap > space.height,
    };
  }
  const layouts = Array.from({ length: count }, (_, index) => {
    const columns = index + 1;
    const tileWidth = Math.floor(fittingWidth({ ...space, count }, columns));
    return { columns, tileWidth, scrolls: false, holes: columns * ceilDivide(count, columns) - count };
  });
  const widest = Math.max(...layouts.map(layout => layout.tileWidth));
  const [best] = layouts
    .filter(layout => layout.tileWidth >= widest * (1 - HOLES_COST))
    .sort((a, b) => a.holes - b.holes || b.tileWidth - a.tileWidth);
  if (best !== undefined && best.tileWidth >= Math.min(SMALLEST_TILE, space.width)) {
    return { columns: best.columns, tileWidth: best.tileWidth, scrolls: false };
  }
  const columns = Math.max(1, Math.min(count, Math.floor((space.width + space.gap) / (SMALLEST_TILE + space.gap))));
  return { columns, tileWidth: Math.floor((space.width - space.gap * (columns - 1)) / columns), scrolls: true };
}

/** The shape that most of the pictures have, so that few of them leave bars beside them. */
export function commonAspect(shapes: readonly { width: number; height: number }[]): number {
  const aspects = shapes.filter(shape => shape.width > 0 && shape.height > 0).map(shape => shape.width / shape.height);
  const sorted = aspects.sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 4 / 3;
}
