import { largestGrid } from '../../protocol/grid.js';
import type { Place } from './lines.js';

/** Pixels of a tile, before a person makes the window larger or smaller: the default size of a camera. */
const TILE = { width: 640, height: 480 };
/** Of the window, at the most. */
const LARGEST = { width: 1920, height: 1080 };

/** The size of a window with so many tiles. */
export function windowSize(tiles: number): { width: number; height: number } {
  const columns = Math.ceil(Math.sqrt(tiles));
  const rows = Math.ceil(tiles / columns);
  const scale = Math.min(1, LARGEST.width / (columns * TILE.width), LARGEST.height / (rows * TILE.height));
  return { width: even(columns * TILE.width * scale), height: even(rows * TILE.height * scale) };
}

/** Where the tiles are in a window: row by row, in as many columns as show the pictures largest. */
export function placesIn(window: { width: number; height: number }, tiles: number): Place[] {
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
