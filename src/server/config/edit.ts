import { isDeepStrictEqual } from 'node:util';
import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  type Pair,
  type Scalar,
  visit,
  YAMLMap,
} from 'yaml';
import type { CameraSettings } from '../../domain/contract.js';

/** The head of a configuration that the server creates. */
const HEADING = ` Created by bigfootbot-video when a camera was first changed over its API.
 Edit it freely: changes over the API keep your comments.`;

/**
 * Gives a camera in a document exactly these settings. Unchanged parts keep their spelling and comments; a new camera
 * is appended.
 */
export function setCamera(document: Document, id: string, settings: CameraSettings): void {
  expandAliases(document);
  const cameras = camerasOf(document);
  const pair = pairOf(cameras, id);
  if (pair && isMap(pair.value)) update(document, pair.value, settings as Record<string, unknown>);
  else cameras.add(document.createPair(id, settings) as never);
}

export function removeCamera(document: Document, id: string): void {
  expandAliases(document);
  remove(camerasOf(document), id);
}

/** Adds the heading and the version to an empty document. */
export function beginDocument(document: Document, version: number): void {
  if (document.contents !== null || document.commentBefore || document.comment) return;
  document.commentBefore = HEADING;
  document.set('version', version);
}

/** The text of a document: long lines are not folded, and the indent is that of the previous text. */
export function textOf(document: Document, before: string): string {
  const indent = /^[^\s#-][^\n]*:[^\n]*\n(?:[ ]*(?:#[^\n]*)?\n)*([ ]{1,8})[^\s#-]/m.exec(before)?.[1]?.length ?? 2;
  return document.toString({ lineWidth: 0, indent });
}

/** A JSON merge patch (RFC 7396 §2): null removes a key, an object is merged, any other value is replaced. */
export function mergePatch(
  target: Readonly<Record<string, unknown>>,
  patch: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else if (isObject(value)) {
      const before = merged.get(key);
      merged.set(key, mergePatch(isObject(before) ? before : {}, value));
    } else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The map of the cameras; created if it is missing or empty. */
function camerasOf(document: Document): YAMLMap {
  const cameras = document.get('cameras', true);
  if (isMap(cameras)) return cameras;
  const created = new YAMLMap(document.schema);
  if (isNode(cameras)) keepComments(cameras, created);
  document.set('cameras', created);
  return created;
}

function update(document: Document, map: YAMLMap, wanted: Readonly<Record<string, unknown>>): void {
  for (const { key } of [...map.items]) if (!Object.hasOwn(wanted, nameOf(key))) remove(map, nameOf(key));
  for (const [name, value] of Object.entries(wanted)) {
    const pair = pairOf(map, name);
    if (!pair) map.add(document.createPair(name, value) as never);
    else if (isMap(pair.value) && isObject(value)) update(document, pair.value, value);
    else if (!isNode(pair.value) || !isDeepStrictEqual(pair.value.toJS(document), value))
      replace(document, pair, value);
  }
}

/** Replaces a value, and keeps the comments and the quoting style. */
function replace(document: Document, pair: Pair, value: unknown): void {
  const node = document.createNode(value);
  const before = pair.value;
  if (isNode(before)) keepComments(before, node);
  if (isScalar(before) && isScalar(node) && typeof value === 'string' && before.type?.startsWith('QUOTE'))
    (node as Scalar).type = before.type;
  pair.value = node;
}

function keepComments(
  from: Pick<Scalar, 'comment' | 'commentBefore' | 'spaceBefore'>,
  to: Pick<Scalar, 'comment' | 'commentBefore' | 'spaceBefore'>,
): void {
  Object.assign(to, {
    ...(from.comment ? { comment: from.comment } : {}),
    ...(from.commentBefore ? { commentBefore: from.commentBefore } : {}),
    ...(from.spaceBefore ? { spaceBefore: from.spaceBefore } : {}),
  });
}

/**
 * Replaces aliases by copies of their anchors: otherwise both would change together, or an alias would lose its anchor.
 */
function expandAliases(document: Document): void {
  visit(document, {
    Alias: (_, alias: Alias) => {
      const target = alias.resolve(document);
      if (!target) return undefined;
      const copy = target.clone() as typeof target;
      delete copy.anchor;
      const { comment, ...before } = alias as Pick<Scalar, 'comment' | 'commentBefore' | 'spaceBefore'>;
      keepComments(before, copy);
      // A map cannot have a comment on its line; at its end it would seem to belong to the next key.
      if (comment) {
        if (isCollection(copy)) copy.commentBefore = [comment, copy.commentBefore].filter(text => text).join('\n');
        else copy.comment = comment;
      }
      return copy;
    },
  });
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node) && (isScalar(node) || isCollection(node))) delete node.anchor;
    },
  });
}

/** Removes a pair from a map. Comments at its end may belong to what follows: they stay. */
function remove(map: YAMLMap, name: string): void {
  const index = map.items.findIndex(({ key }) => nameOf(key) === name);
  if (index < 0) return;
  const [pair] = map.items.splice(index, 1);
  const rest = [map.comment, commentAtEnd(pair?.value)].filter(comment => comment).join('\n');
  if (rest !== '') map.comment = rest;
}

function commentAtEnd(value: unknown): string {
  if (!isMap(value)) return '';
  return [commentAtEnd(value.items.at(-1)?.value), value.flow ? '' : value.comment].filter(text => text).join('\n');
}

const pairOf = (map: YAMLMap, name: string): Pair | undefined => map.items.find(({ key }) => nameOf(key) === name);

const nameOf = (key: unknown): string => String(isScalar(key) ? key.value : key);
