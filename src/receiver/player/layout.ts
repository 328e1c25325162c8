import { largestGrid } from '../../protocol/grid.js';
import type { Rectangle } from './lines.js';

/** Pixels of a tile before the window is resized: the default size of a camera. */
const TILE = { width: 640, height: 480 };
/** Maximum size of the window. */
const LARGEST = { width: 1920, height: 1080 };

/** The initial size of a window. */
export function windowSize(tiles: number): { width: number; height: number } {
  const columns = Math.ceil(Math.sqrt(tiles));
  const rows = Math.ceil(tiles / columns);
  const scale = Math.min(1, LARGEST.width / (columns * TILE.width), LARGEST.height / (rows * TILE.height));
  return { width: even(columns * TILE.width * scale), height: even(rows * TILE.height * scale) };
}

/** The tiles of a window: row by row, in the number of columns that shows the video largest. */
export function tileRectangles(window: { width: number; height: number }, tiles: number): Rectangle[] {
  const { columns, rows } = largestGrid(tiles, (columns, rows) => {
    const tile = tileOf(window, columns, rows);
    return Math.min(tile.width, tile.height * (TILE.width / TILE.height));
  });
  const { width, height } = tileOf(window, columns, rows);
  return Array.from({ length: tiles }, (_, i) => ({
    x: (i % columns) * width,
    y: Math.floor(i / columns) * height,
    width,
    height,
  }));
}

const tileOf = (window: { width: number; height: number }, columns: number, rows: number) => ({
  width: Math.max(2, even(window.width / columns)),
  height: Math.max(2, even(window.height / Math.max(1, rows))),
});

/** Chroma planes have half the pixels. */
const even = (pixels: number): number => 2 * Math.floor(pixels / 2);
