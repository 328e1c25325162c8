import { isDeepStrictEqual } from 'node:util';
import {
  Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  type Node,
  type Pair,
  type Scalar,
  stringify,
  visit,
  type YAMLMap,
} from 'yaml';
import type { CameraSettings } from '../../domain/contract.js';

/** A replacement of text, by offsets. */
interface Splice {
  from: number;
  to: number;
  text: string;
}

/** A YAML form that is not supported here. */
class UnsupportedForm extends Error {}

/**
 * The text of a configuration with one camera changed and everything else unchanged to the letter: comments beside
 * values, their columns, blank lines. Other forms (flow, anchors, the first or the last camera) are left to `edit.ts`,
 * which writes the whole document again.
 * @param document parsed from `text`
 * @param wanted null to remove the camera
 * @returns null if the form is not supported here
 */
export function spliceCamera(
  text: string,
  document: Document,
  id: string,
  wanted: CameraSettings | null,
): string | null {
  const cameras = document.get('cameras', true);
  if (!isMap(cameras) || cameras.flow || cameras.items.length === 0 || hasAnchors(document)) return null;
  try {
    const splices = new Splicer(text).camera(cameras, id, wanted as Record<string, unknown> | null);
    return splices
      .sort((a, b) => b.from - a.from)
      .reduce((now, { from, to, text }) => now.slice(0, from) + text + now.slice(to), text);
  } catch (error) {
    if (error instanceof UnsupportedForm) return null;
    throw error;
  }
}

class Splicer {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  camera(cameras: YAMLMap, id: string, wanted: Readonly<Record<string, unknown>> | null): Splice[] {
    const pair = cameras.items.find(({ key }) => nameOf(key) === id);
    if (!pair) return wanted ? [this.#add(cameras, id, wanted)] : [];
    if (wanted) return this.#change(cameras, pair, wanted);
    if (cameras.items.length === 1) throw new UnsupportedForm();
    return [this.#remove(cameras, pair)];
  }

  #change(map: YAMLMap, pair: Pair, value: unknown): Splice[] {
    const { value: before } = pair;
    if (isMap(before) && isObject(value) && !before.flow && before.items.length > 0) {
      const stays = before.items.filter(({ key }) => Object.hasOwn(value, nameOf(key)));
      if (stays.length > 0)
        return [
          ...before.items.filter(item => !stays.includes(item)).map(item => this.#remove(before, item)),
          ...stays
            .filter(({ key, value: inner }) => !isDeepStrictEqual(toValue(inner), value[nameOf(key)]))
            .flatMap(item => this.#change(before, item, value[nameOf(item.key)])),
          ...Object.entries(value)
            .filter(([name]) => !before.items.some(({ key }) => nameOf(key) === name))
            .map(([name, inner]) => this.#add(before, name, inner)),
        ];
    }
    if (isScalar(before) && isBlock(before) && before.range && !isObject(value)) {
      const [start] = before.range;
      const indicator = /^[|>][-+\d]*/.exec(this.#text.slice(start))?.[0] ?? '';
      const heading = this.#text.indexOf('\n', start) + 1;
      return [
        { from: start, to: start + indicator.length, text: inOneLine(before, value) },
        { from: heading, to: Math.max(heading, this.#end(pair)), text: '' },
      ];
    }
    const isOneLine = isNode(before) && before.range && !this.#textOf(before).includes('\n') && !isBlock(before);
    if (isOneLine && before.range && (isScalar(before) || (isMap(before) && before.flow)) && this.#isBeside(pair))
      return [{ from: before.range[0], to: before.range[1], text: inOneLine(before, value) }];
    // The value spans several lines: they are replaced.
    const from = this.#lineStart(pair);
    if (this.#text.slice(from, this.#end(pair)).includes('#')) throw new UnsupportedForm();
    return [{ from, to: this.#end(pair), text: this.#lines(map, nameOf(pair.key), value) }];
  }

  #add(map: YAMLMap, name: string, value: unknown): Splice {
    const last = map.items.at(-1) as Pair;
    const at = this.#pastOwnComments(last, this.#end(last));
    const gap = at > 0 && this.#text[at - 1] !== '\n' ? '\n' : '';
    return { from: at, to: at, text: gap + this.#lines(map, name, value) };
  }

  #remove(map: YAMLMap, pair: Pair): Splice {
    const column = this.#column(pair);
    let from = this.#lineStart(pair);
    // Comments right above it in its column belong to it; above the first pair they may be about all.
    while (pair !== map.items[0]) {
      const above = this.#text.lastIndexOf('\n', from - 2) + 1;
      const line = this.#text.slice(above, from);
      if (above >= from || !/^ *#/.test(line) || line.search(/#/) !== column) break;
      from = above;
    }
    return { from, to: this.#pastOwnComments(pair, this.#end(pair)), text: '' };
  }

  /** The offset after comments below a pair that are indented deeper than its key, so belong to it. */
  #pastOwnComments(pair: Pair, end: number): number {
    const column = this.#column(pair);
    let past = end;
    for (let at = end; at < this.#text.length; ) {
      const next = this.#text.indexOf('\n', at) + 1 || this.#text.length;
      const line = this.#text.slice(at, next);
      if (/^ *#/.test(line) && line.search(/#/) > column) past = next;
      else if (line.trim() !== '') break;
      at = next;
    }
    return past;
  }

  #lines(map: YAMLMap, name: string, value: unknown): string {
    const column = this.#column(map.items[0] as Pair);
    // The indent of this file: that of the cameras' keys, as `cameras` is in the first column.
    const step = column > 0 && column <= 8 ? column : 2;
    const lines = stringify({ [name]: value }, { lineWidth: 0, indent: this.#step ?? step });
    return lines.replaceAll(/^(?=.)/gm, ' '.repeat(column));
  }

  get #step(): number | undefined {
    return /^cameras:[^\n]*\n(?:[ ]*(?:#[^\n]*)?\r?\n)*([ ]{1,8})[^\s#]/m.exec(this.#text)?.[1]?.length;
  }

  /** The offset after the last line of a pair, including a comment beside it. */
  #end(pair: Pair): number {
    const end = endOf(pair);
    return this.#text.indexOf('\n', Math.max(end - 1, 0)) + 1 || this.#text.length;
  }

  #lineStart(pair: Pair): number {
    const at = startOf(pair);
    const start = this.#text.lastIndexOf('\n', at - 1) + 1;
    if (this.#text.slice(start, at).trim() !== '') throw new UnsupportedForm();
    return start;
  }

  #column(pair: Pair): number {
    return startOf(pair) - this.#lineStart(pair);
  }

  #isBeside(pair: Pair): boolean {
    const { range } = pair.value as Node;
    return !!range && !this.#text.slice(startOf(pair), range[0]).includes('\n');
  }

  #textOf({ range }: Node): string {
    return range ? this.#text.slice(range[0], range[1]) : '';
  }
}

/** A value in one line, quoted as the previous one. */
function inOneLine(before: Node, value: unknown): string {
  const document = new Document(value);
  const node = document.contents;
  if (isMap(node)) node.flow = true;
  const { type } = before as Scalar;
  if (isScalar(node) && typeof value === 'string' && (type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE'))
    node.type = type;
  const text = document.toString({ lineWidth: 0 }).trimEnd();
  // JSON is YAML.
  return text.includes('\n') ? JSON.stringify(value) : text;
}

function hasAnchors(document: Document): boolean {
  let found = false;
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node) && !('anchor' in node && node.anchor)) return undefined;
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

function startOf({ key }: Pair): number {
  if (!isScalar(key) || !key.range) throw new UnsupportedForm();
  return key.range[0];
}

function endOf({ key, value }: Pair): number {
  if (isMap(value) && !value.flow && value.items.length > 0) return endOf(value.items.at(-1) as Pair);
  const node = isNode(value) && value.range && value.range[1] > value.range[0] ? value : (key as Node);
  if (!node.range) throw new UnsupportedForm();
  return node.range[1];
}

const isBlock = (node: Node): boolean =>
  isScalar(node) && (node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL');

const toValue = (node: unknown): unknown => (isNode(node) ? node.toJSON() : node);

const nameOf = (key: unknown): string => String(isScalar(key) ? key.value : key);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
