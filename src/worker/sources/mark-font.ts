import { TIME_MARK, TIME_MARK_GLYPHS } from '../../protocol/time-mark.js';

/** The family name of the time mark's font. */
export const MARK_FONT = 'Bigfootbot Timemark';

const { columns, rows } = TIME_MARK;
/** Font units of a cell's side; the height of a glyph is the em. */
const CELL = 400;
const EM = rows * CELL;
const ADVANCE = columns * CELL;

/**
 * The time mark's glyphs as a TrueType font, so that the text that GStreamer renders is a mark that machines read. The
 * tables are minimal, after the OpenType specification: no hints, no kerning, checksums of the tables but not of the
 * file.
 */
export function markFont(): Uint8Array {
  const characters = Object.entries(TIME_MARK_GLYPHS).sort(([a], [b]) => a.charCodeAt(0) - b.charCodeAt(0));
  const outlines = [{ bytes: new Uint8Array(), left: 0 }, ...characters.map(([, cells]) => outline(cells))];
  const glyphs = outlines.map(({ bytes }) => bytes);
  const first = characters[0]?.[0].charCodeAt(0) ?? 0;
  const last = characters.at(-1)?.[0].charCodeAt(0) ?? 0;
  const byCode = Array.from(
    { length: last - first + 1 },
    (_, i) => 1 + characters.findIndex(([character]) => character === String.fromCharCode(first + i)),
  );
  const ends = glyphs.map((_, i) => glyphs.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));
  return file({
    // Unicode, trimmed (format 6).
    cmap: bytes(u16(0, 1, 3, 1), u32(12), u16(6, 10 + 2 * byCode.length, 0, first, byCode.length, ...byCode)),
    glyf: bytes(...glyphs),
    // Version, revision, the checksum of the file (0), the magic number, flags, the em, two dates, the box, style, the
    // smallest size, direction, 32-bit offsets.
    head: bytes(u32(0x10000, 0x10000, 0, 0x5f0f3cf5), u16(3, EM, ...zeros(8), 0, 0, ADVANCE, EM, 0, 8, 2, 1, 0)),
    hhea: bytes(u32(0x10000), u16(EM, 0, 0, ADVANCE, 0, 0, ADVANCE, 1, ...zeros(7), glyphs.length)),
    // A left side bearing other than the outline's own would shift the outline.
    hmtx: bytes(...outlines.map(({ left }) => u16(ADVANCE, left))),
    loca: u32(0, ...ends),
    // Maximum points and contours; zones.
    maxp: bytes(u32(0x10000), u16(glyphs.length, 4 * columns * rows, columns * rows, 0, 0, 1, ...zeros(8))),
    name: names({ 1: MARK_FONT, 2: 'Regular', 4: MARK_FONT, 6: MARK_FONT.replaceAll(' ', '') }),
    // No glyph names, fixed pitch.
    post: bytes(u32(0x30000, 0), u16(0, 0), u32(1, 0, 0, 0, 0)),
  });
}

/** A square for each white cell. */
function outline(cells: number): { bytes: Uint8Array; left: number } {
  const white = Array.from({ length: columns * rows }, (_, i) => i).filter(
    i => cells & (1 << (columns * rows - 1 - i)),
  );
  if (white.length === 0) return { bytes: new Uint8Array(), left: 0 };
  const points = white.flatMap(i => {
    const [x, y] = [(i % columns) * CELL, (rows - 1 - Math.floor(i / columns)) * CELL];
    return [
      [x, y],
      [x, y + CELL],
      [x + CELL, y + CELL],
      [x + CELL, y],
    ] as const;
  });
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const steps = (values: number[]): Uint8Array => u16(...values.map((value, i) => value - (values[i - 1] ?? 0)));
  const left = Math.min(...xs);
  const shape = bytes(
    u16(white.length, left, Math.min(...ys), Math.max(...xs), Math.max(...ys)),
    u16(...white.map((_, i) => 4 * i + 3)),
    // No instructions; every point is on the curve, with 16-bit coordinates.
    u16(0),
    new Uint8Array(points.length).fill(1),
    steps(xs),
    steps(ys),
  );
  return { bytes: padded(shape), left };
}

/** UTF-16, for Windows, in English. */
function names(texts: Readonly<Record<number, string>>): Uint8Array {
  const entries = Object.entries(texts).map(([id, text]) => ({
    id: Number(id),
    text: u16(...[...text].map(character => character.charCodeAt(0))),
  }));
  let at = 0;
  const records = entries.map(({ id, text }) => {
    const record = u16(3, 1, 0x409, id, text.length, at);
    at += text.length;
    return record;
  });
  return bytes(u16(0, entries.length, 6 + 12 * entries.length), ...records, ...entries.map(({ text }) => text));
}

function file(tables: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const entries = Object.entries(tables).sort(([a], [b]) => (a < b ? -1 : 1));
  const log2 = Math.floor(Math.log2(entries.length));
  let at = 12 + 16 * entries.length;
  const directory = entries.map(([tag, table]) => {
    const entry = bytes(new TextEncoder().encode(tag), u32(checksum(padded(table)), at, table.length));
    at += padded(table).length;
    return entry;
  });
  const search = u16(entries.length, 16 << log2, log2, 16 * entries.length - (16 << log2));
  return bytes(u32(0x10000), search, ...directory, ...entries.map(([, table]) => padded(table)));
}

function checksum(table: Uint8Array): number {
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  let sum = 0;
  for (let i = 0; i < table.length; i += 4) sum = (sum + view.getUint32(i)) >>> 0;
  return sum;
}

const zeros = (count: number): number[] => Array<number>(count).fill(0);
const u16 = (...values: number[]): Uint8Array => Uint8Array.from(values.flatMap(v => [(v >> 8) & 0xff, v & 0xff]));
const u32 = (...values: number[]): Uint8Array => u16(...values.flatMap(v => [v >>> 16, v & 0xffff]));
const bytes = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap(part => [...part]));
const padded = (part: Uint8Array): Uint8Array => bytes(part, new Uint8Array((4 - (part.length % 4)) % 4));
