import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { TIME_MARK, TIME_MARK_GLYPHS } from '../../src/protocol/time-mark.js';
import { MARK_FONT, markFont } from '../../src/worker/sources/mark-font.js';

// The font is parsed here according to the OpenType specification, without code of the project.

const font = markFont();
const view = new DataView(font.buffer, font.byteOffset, font.length);

interface Table {
  checksum: number;
  offset: number;
  length: number;
}

const tables = new Map<string, Table>(
  Array.from({ length: view.getUint16(4) }, (_, i) => {
    const at = 12 + 16 * i;
    const tag = String.fromCharCode(...font.slice(at, at + 4));
    const [checksum, offset, length] = [4, 8, 12].map(field => view.getUint32(at + field)) as [number, number, number];
    return [tag, { checksum, offset, length }];
  }),
);
const table = (tag: string): DataView => {
  const { offset, length } = tables.get(tag) ?? { offset: 0, length: 0 };
  return new DataView(font.buffer, font.byteOffset + offset, length);
};

t.test("the font's tables: complete, in order, aligned, inside the file, with checksums", t => {
  t.equal(view.getUint32(0), 0x10000, 'TrueType outlines');
  const tags = ['cmap', 'glyf', 'head', 'hhea', 'hmtx', 'loca', 'maxp', 'name', 'post'];
  t.strictSame([...tables.keys()], tags);
  for (const [tag, { checksum, offset, length }] of tables) {
    t.equal(offset % 4, 0, `${tag} is aligned`);
    t.ok(offset + length <= font.length, `${tag} is in the file`);
    let sum = 0;
    for (let i = 0; i < length; i += 4)
      for (let j = 0; j < 4; j++) sum += i + j < length ? table(tag).getUint8(i + j) * 2 ** (24 - 8 * j) : 0;
    t.equal(checksum, sum % 2 ** 32, `${tag}: checksum`);
  }
  t.equal(table('head').getUint32(12), 0x5f0f3cf5, 'the magic number');
  t.end();
});

t.test('the font is found by its name', t => {
  const name = table('name');
  const [count, strings] = [name.getUint16(2), name.getUint16(4)];
  const texts = Array.from({ length: count }, (_, i) => {
    const [length, from] = [8, 10].map(field => name.getUint16(6 + 12 * i + field)) as [number, number];
    return String.fromCharCode(...Array.from({ length: length / 2 }, (_, j) => name.getUint16(strings + from + 2 * j)));
  });
  t.strictSame(texts, [MARK_FONT, 'Regular', MARK_FONT, MARK_FONT.replaceAll(' ', '')]);
  t.end();
});

/** The white cells of a character, as painted by its outline: the first cell is the highest bit. */
function cellsOf(character: string): number {
  const cmap = table('cmap');
  const subtable = cmap.getUint32(8);
  const [format, first, entries] = [0, 6, 8].map(field => cmap.getUint16(subtable + field)) as [number, number, number];
  const index = character.charCodeAt(0) - first;
  if (format !== 6 || index < 0 || index >= entries) throw new Error(`${character} is not in the font`);
  const glyph = cmap.getUint16(subtable + 10 + 2 * index);
  const [from, to] = [table('loca').getUint32(4 * glyph), table('loca').getUint32(4 * glyph + 4)];
  if (from === to) return 0;
  const glyf = table('glyf');
  const contours = glyf.getInt16(from);
  const points = glyf.getUint16(from + 10 + 2 * (contours - 1)) + 1;
  const flags = from + 10 + 2 * contours + 2 + glyf.getUint16(from + 10 + 2 * contours);
  const coordinates = (at: number): number[] => {
    let value = 0;
    return Array.from({ length: points }, (_, i) => {
      value += glyf.getInt16(at + 2 * i);
      return value;
    });
  };
  const [xs, ys] = [coordinates(flags + points), coordinates(flags + 3 * points)];
  const { columns, rows } = TIME_MARK;
  const cell = table('head').getUint16(18) / rows;
  let cells = 0;
  for (let i = 0; i < points; i += 4) {
    const [column, row] = [(xs[i] ?? 0) / cell, rows - 1 - (ys[i] ?? 0) / cell];
    cells |= 1 << (columns * rows - 1 - (row * columns + column));
  }
  return cells;
}

t.test('each character is painted in the cells that the reader samples', t => {
  for (const [character, cells] of Object.entries(TIME_MARK_GLYPHS)) t.equal(cellsOf(character), cells, character);
  t.end();
});

t.test('the build writes the font where it is loaded from', t => {
  const folder = join(t.testdir(), 'share/fonts');
  const program = fileURLToPath(new URL('../../src/worker/sources/write-mark-font.js', import.meta.url));
  t.equal(spawnSync(process.execPath, [program, folder]).status, 0);
  t.ok(readFileSync(join(folder, 'time-mark.ttf')).equals(font));
  t.end();
});
