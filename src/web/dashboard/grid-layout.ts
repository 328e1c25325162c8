/** How many columns show N cameras largest. Pure. */
import { largestGrid } from '../../protocol/grid.js';

export interface GridSpace {
  count: number;
  /** Pixels that the grid has. */
  width: number;
  height: number;
  /** Width over height of a video. */
  aspect: number;
  /** Pixels between tiles. */
  gap: number;
  /** Pixels of a tile above its video, by the tile's width. */
  barHeight: (tileWidth: number) => number;
}

export interface GridLayout {
  columns: number;
  /** Pixels; the video fills the tile's width. */
  tileWidth: number;
  /** Whether the tiles need more height than there is. */
  scrolls: boolean;
}

/** Below this a portrait window is a phone's: one column. */
const NARROW = 600;
/** Anything smaller shows too little: scroll instead. */
const SMALLEST_TILE = 150;

function fittingWidth(space: GridSpace, columns: number, rows: number): number {
  const cellWidth = (space.width - space.gap * (columns - 1)) / columns;
  const cellHeight = (space.height - space.gap * (rows - 1)) / rows;
  // The bar is higher on narrow tiles, so a width found with the low bar is computed again with its own bar.
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
  const best = largestGrid(count, (columns, rows) => Math.floor(fittingWidth(space, columns, rows)));
  if (best.width >= Math.min(SMALLEST_TILE, space.width))
    return { columns: best.columns, tileWidth: best.width, scrolls: false };
  const columns = Math.max(1, Math.min(count, Math.floor((space.width + space.gap) / (SMALLEST_TILE + space.gap))));
  return { columns, tileWidth: Math.floor((space.width - space.gap * (columns - 1)) / columns), scrolls: true };
}

/** The median aspect ratio, so that few videos are letterboxed. */
export function commonAspect(shapes: readonly { width: number; height: number }[]): number {
  const aspects = shapes.filter(shape => shape.width > 0 && shape.height > 0).map(shape => shape.width / shape.height);
  const sorted = aspects.sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 4 / 3;
}
