import fc from 'fast-check';
import { readContract } from '../../src/contract/contract.js';

/** The part of JSON Schema that the contract uses. */
export interface Schema {
  $ref?: string;
  type?: string | readonly string[];
  enum?: readonly unknown[];
  const?: unknown;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: Schema | boolean;
  propertyNames?: Schema;
  minProperties?: number;
  maxProperties?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  examples?: readonly unknown[];
  allOf?: readonly Schema[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
}

const contract = readContract() as unknown as Record<string, unknown>;

export function resolve(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const found = schema.$ref
    .split('/')
    .slice(1)
    .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key.replaceAll('~1', '/')], contract);
  return resolve(found as Schema);
}

/** Keys that every JavaScript object has, and keys that no schema has. */
const STRANGE_KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', '\0', '$ref', 'id'];
const STRANGE_TEXTS = [
  ...[
    '',
    ' ',
    '\0',
    '\r\n',
    '\u2028',
    '\ufeff',
    '\ud800',
    '𝄞',
    '%00',
    '../../etc/passwd',
    '<script>',
    "'; --",
    '{{7*7}}',
  ],
  ...['__proto__', 'constructor', 'null', 'NaN', '-1', '1e999', 'x'.repeat(5_000), 'é'.repeat(300), '\u202egnp.exe'],
];
const STRANGE_NUMBERS = [0, -0, -1, 0.5, 1e308, -1e308, 2 ** 31, 2 ** 53, -(2 ** 53), 5e-324, 1e21];

const strangeText = fc.oneof(fc.constantFrom(...STRANGE_TEXTS), fc.string({ unit: 'binary', maxLength: 200 }));

/** A key `__proto__` is a property, as in JSON, and not the object's prototype. */
const objectOf = (entries: readonly (readonly [string, unknown])[]): object =>
  Object.defineProperties(
    {},
    Object.fromEntries(
      entries.map(([key, value]) => [key, { value, enumerable: true, writable: true, configurable: true }]),
    ),
  );

const nested = fc
  .tuple(fc.integer({ min: 1, max: 2_000 }), fc.constantFrom<'array' | 'object'>('array', 'object'))
  .map(([depth, kind]) => {
    let value: unknown = 1;
    for (let i = 0; i < depth; i++) value = kind === 'array' ? [value] : { a: value };
    return value;
  });

/** Values that no schema expects. */
export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, [], {}, ...STRANGE_NUMBERS),
  strangeText,
  nested,
  fc.array(strangeText, { maxLength: 40 }),
  fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...STRANGE_KEYS), strangeText), fc.jsonValue()), { maxLength: 5 })
    .map(objectOf),
  fc.jsonValue(),
);

/** Values that a schema allows, as far as it is understood here: it may reject those of `pattern`. */
export function valid(reference: Schema, depth = 0): fc.Arbitrary<unknown> {
  const schema = resolve(reference);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.allOf !== undefined) return valid(merged(schema), depth);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return fc.oneof(...choices.map(choice => valid(choice, depth)));
  const types = [schema.type ?? (schema.properties ? 'object' : 'string')].flat();
  const some = fc.oneof(...types.map(type => ofType(type, schema, depth)));
  const examples = (schema.examples ?? []).map(example => structuredClone(example));
  return examples.length > 0 ? fc.oneof(fc.constantFrom(...examples), some) : some;
}

function merged({ allOf = [], ...own }: Schema): Schema {
  const parts = [own, ...allOf.map(part => merged(resolve(part)))];
  return {
    ...(Object.assign({}, ...parts.toReversed()) as Schema),
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)) as Record<string, Schema>,
    required: parts.flatMap(({ required = [] }) => required),
  };
}

function ofType(type: string, schema: Schema, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1_000, max: schema.maximum ?? 1_000 });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1_000, max: schema.maximum ?? 1_000, noNaN: true });
    case 'array':
      return fc.array(valid(schema.items ?? {}, depth + 1), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 5, Math.max(5, schema.minItems ?? 0)),
      });
    case 'object':
      return ofObject(schema, depth);
    default:
      return ofText(schema);
  }
}

function ofText({ pattern, minLength = 0, maxLength = 100 }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) {
    try {
      return fc.stringMatching(new RegExp(pattern));
    } catch {
      // It has a lookahead, which cannot be inverted.
    }
  }
  return fc.string({ minLength, maxLength: Math.min(maxLength, 100 + minLength) });
}

function ofObject(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, valid(value, depth + 1)])),
    { requiredKeys: required.filter(key => key in properties) },
  );
  if (typeof additionalProperties !== 'object') return known;
  const names = propertyNames ? valid(propertyNames) : fc.string({ minLength: 1, maxLength: 20 });
  const others = fc.array(fc.tuple(names as fc.Arbitrary<string>, valid(additionalProperties, depth + 1)), {
    minLength: schema.minProperties ?? 0,
    maxLength: 4,
  });
  return fc.tuple(known, others).map(([a, b]) => objectOf([...Object.entries(a as object), ...b]));
}

/** Values that are almost valid: a valid one with one part changed. */
export function nearly(schema: Schema): fc.Arbitrary<unknown> {
  return fc
    .tuple(valid(schema), fc.nat(), fc.constantFrom('replace', 'remove', 'add', 'double'), hostile, strangeKey)
    .map(([value, at, how, other, key]) => changed(structuredClone(value), at, how, other, key));
}

const strangeKey = fc.oneof(fc.constantFrom(...STRANGE_KEYS), fc.string({ maxLength: 20 }));

/** Every object and array in a value, itself first. */
function placesIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(placesIn)];
}

function changed(value: unknown, at: number, how: string, other: unknown, key: string): unknown {
  const places = placesIn(value);
  const place = places[at % Math.max(1, places.length)] as Record<string, unknown> | undefined;
  if (place === undefined) return other;
  const keys = Object.keys(place);
  const chosen = keys[at % Math.max(1, keys.length)];
  if (how === 'add' || chosen === undefined) defineIn(place, Array.isArray(place) ? String(place.length) : key, other);
  else if (how === 'remove') delete place[chosen];
  else if (how === 'double') defineIn(place, chosen, [place[chosen], place[chosen]]);
  else defineIn(place, chosen, other);
  return value;
}

function defineIn(place: object, key: string, value: unknown): void {
  Object.defineProperty(place, key, { value, enumerable: true, writable: true, configurable: true });
}
