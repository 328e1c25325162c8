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

/** Where a configuration is made that nobody wrote. */
const HEADING = ` Made by bigfootbot-video when a camera was first changed over its API.
 Write into it what you like: changes over the API keep your comments.`;

/**
 * Gives a camera in a document these settings and no others. What has not changed stays as it is written, with its
 * comments; a camera that is not there yet becomes the last.
 */
export function setCamera(document: Document, id: string, settings: CameraSettings): void {
  unshare(document);
  const cameras = camerasOf(document);
  const pair = pairOf(cameras, id);
  if (pair && isMap(pair.value)) become(document, pair.value, settings as Record<string, unknown>);
  else cameras.add(document.createPair(id, settings) as never);
}

export function removeCamera(document: Document, id: string): void {
  unshare(document);
  remove(camerasOf(document), id);
}

/** Begins a document that has nothing in it. */
export function beginDocument(document: Document, version: number): void {
  if (document.contents !== null || document.commentBefore || document.comment) return;
  document.commentBefore = HEADING;
  document.set('version', version);
}

/** The text of a document: long lines stay whole, steps are as wide as in the text that it came from. */
export function textOf(document: Document, before: string): string {
  const indent = /^[^\s#-][^\n]*:[^\n]*\n(?:[ ]*(?:#[^\n]*)?\n)*([ ]{1,8})[^\s#-]/m.exec(before)?.[1]?.length ?? 2;
  return document.toString({ lineWidth: 0, indent });
}

/** A JSON merge patch (RFC 7396 §2): null takes a key out, an object is merged, the rest takes the place of what was. */
export function mergePatch(
  target: Readonly<Record<string, unknown>>,
  patch: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else if (isObject(value)) {
      const there = merged.get(key);
      merged.set(key, mergePatch(isObject(there) ? there : {}, value));
    } else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The map of the cameras; made where there is none, or nothing in it. */
function camerasOf(document: Document): YAMLMap {
  const cameras = document.get('cameras', true);
  if (isMap(cameras)) return cameras;
  const made = new YAMLMap(document.schema);
  if (isNode(cameras)) keepComments(cameras, made);
  document.set('cameras', made);
  return made;
}

function become(document: Document, map: YAMLMap, wanted: Readonly<Record<string, unknown>>): void {
  for (const { key } of [...map.items]) if (!Object.hasOwn(wanted, nameOf(key))) remove(map, nameOf(key));
  for (const [name, value] of Object.entries(wanted)) {
    const pair = pairOf(map, name);
    if (!pair) map.add(document.createPair(name, value) as never);
    else if (isMap(pair.value) && isObject(value)) become(document, pair.value, value);
    else if (!isNode(pair.value) || !isDeepStrictEqual(pair.value.toJS(document), value)) put(document, pair, value);
  }
}

/** Puts a value in the place of another, whose comments and way of quoting it takes over. */
function put(document: Document, pair: Pair, value: unknown): void {
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
 * Writes out what is written once and referred to elsewhere: an anchor and its aliases would change together, or be
 * left without each other.
 */
function unshare(document: Document): void {
  visit(document, {
    Alias: (_, alias: Alias) => {
      const target = alias.resolve(document);
      if (!target) return undefined;
      const copy = target.clone() as typeof target;
      delete copy.anchor;
      const { comment, ...before } = alias as Pick<Scalar, 'comment' | 'commentBefore' | 'spaceBefore'>;
      keepComments(before, copy);
      // Beside a map there is no place for it; at its end it would look like what stands before the next.
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

/** Takes a pair out of a map. Comments at its end may be about what follows: they stay. */
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
