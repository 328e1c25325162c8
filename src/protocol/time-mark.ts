/**
 * The time mark: the capture time of a frame, in its own pixels, so that a receiver can tell the frame's age.
 *
 * A row of glyphs in the top left corner, white on black, each of 2 by 3 cells. `S` is all white and the space all
 * black, so that a reader knows the levels of white and black; then the time of the sender's CLOCK_MONOTONIC in hours,
 * minutes, seconds and ms, as GStreamer's timeoverlay writes it. Every glyph has an odd number of white cells: a
 * misread cell makes it unreadable, and never another glyph.
 */
export const TIME_MARK = {
  /** Pixels from the top and the left edge to the first glyph. */
  margin: 8,
  /** Side of a cell in pixels: the size of a codec's blocks, and aligned with them. */
  cell: 4,
  columns: 2,
  rows: 3,
  /** The text before the time. */
  lead: 'S',
} as const;

/** White cells of each glyph, row by row, the first in the highest bit. */
export const TIME_MARK_GLYPHS: Readonly<Record<string, number>> = {
  S: 0b11_11_11,
  ' ': 0b00_00_00,
  0: 0b11_10_00,
  1: 0b11_01_00,
  2: 0b11_00_01,
  3: 0b10_11_00,
  4: 0b10_10_01,
  5: 0b01_10_10,
  6: 0b01_01_10,
  7: 0b01_00_11,
  8: 0b00_11_01,
  9: 0b00_01_11,
  ':': 0b11_11_01,
  '.': 0b01_00_00,
};

const { margin, cell, columns, rows, lead } = TIME_MARK;
const GLYPH_WIDTH = columns * cell;
/** `S`, a space, up to five digits of hours, and `:00:00.000`. */
const MAX_GLYPHS = 17;

/** The pixels at the top left corner of a frame that contain the whole mark. */
export const TIME_MARK_CORNER = {
  width: margin + MAX_GLYPHS * GLYPH_WIDTH + margin,
  height: margin + rows * cell + margin + cell,
} as const;

/** The corner of a decoded frame, in its own resolution. */
export interface TimeMarkFrame {
  /** Row by row without padding: grey (one byte per pixel) or red, green, blue and one more (four). */
  data: ArrayLike<number>;
  /** Pixels. */
  width: number;
  height: number;
  bytesPerPixel: 1 | 4;
}

/** Minimum difference in brightness, of 255, between white and black: placeholder frames are dimmed. */
const MIN_CONTRAST = 96;
/** A cell is white or black if it is within this share of the contrast. */
const CLEAR = 0.35;
/** Offsets of the mark in pixels, as font layout varies slightly between systems. */
const OFFSETS = [0, 1, -1, 2, -2];

/**
 * Reads the mark of a frame.
 * @param frame at least TIME_MARK_CORNER of it
 * @returns ns of the sender's CLOCK_MONOTONIC at the capture, with an error of at most 0.5 ms; null without a readable
 *   mark
 */
export function readTimeMark(frame: TimeMarkFrame): bigint | null {
  for (const y of OFFSETS)
    for (const x of OFFSETS) {
      const text = readText(frame, margin + x, margin + y);
      const time = text === null ? null : parseTimeMark(text);
      if (time !== null) return time;
    }
  return null;
}

const TEXT = /^(?:S )?(\d{1,5}):([0-5]\d):([0-5]\d)\.(\d{3})$/;

/**
 * @param text `32:17:36.789`, with or without the lead
 * @returns ns, in the middle of that ms; null if invalid
 */
export function parseTimeMark(text: string): bigint | null {
  const found = TEXT.exec(text);
  if (!found) return null;
  const [hours, minutes, seconds, ms] = found.slice(1).map(BigInt) as [bigint, bigint, bigint, bigint];
  return (((hours * 60n + minutes) * 60n + seconds) * 1000n + ms) * 1_000_000n + 500_000n;
}

const CHARACTERS = new Map(Object.entries(TIME_MARK_GLYPHS).map(([character, cells]) => [cells, character]));
/** Digits after the `.`. */
const MS_DIGITS = 3;

function readText(frame: TimeMarkFrame, left: number, top: number): string | null {
  const white = Math.min(...cellsAt(frame, left, top));
  const black = Math.max(...cellsAt(frame, left + GLYPH_WIDTH, top));
  const contrast = white - black;
  if (!(contrast >= MIN_CONTRAST)) return null;
  let text = `${lead} `;
  let length = MAX_GLYPHS;
  while (text.length < length) {
    let bits = 0;
    for (const value of cellsAt(frame, left + text.length * GLYPH_WIDTH, top)) {
      const level = (value - black) / contrast;
      // NaN outside the frame.
      if (!(level < CLEAR || level > 1 - CLEAR)) return null;
      bits = bits * 2 + (level < CLEAR ? 0 : 1);
    }
    const character = CHARACTERS.get(bits);
    if (character === undefined) return null;
    text += character;
    if (character === '.') length = Math.min(MAX_GLYPHS, text.length + MS_DIGITS);
  }
  return text;
}

/** The brightness of each cell of a glyph, from the four pixels in its middle; NaN outside the frame. */
function cellsAt(frame: TimeMarkFrame, left: number, top: number): number[] {
  const values: number[] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const x = left + column * cell + 1;
      const y = top + row * cell + 1;
      const [a, b] = [brightness(frame, x, y), brightness(frame, x + 1, y)];
      const [c, d] = [brightness(frame, x, y + 1), brightness(frame, x + 1, y + 1)];
      values.push((a + b + c + d) / 4);
    }
  return values;
}

function brightness({ data, width, height, bytesPerPixel }: TimeMarkFrame, x: number, y: number): number {
  if (x < 0 || x >= width || y < 0 || y >= height) return Number.NaN;
  const at = (y * width + x) * bytesPerPixel;
  const value = (channel: number): number => data[at + channel] ?? Number.NaN;
  // BT.601 luma, so that errors in the colours, which codecs compress more, cancel out.
  return bytesPerPixel === 1 ? value(0) : 0.299 * value(0) + 0.587 * value(1) + 0.114 * value(2);
}
