import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parse } from 'yaml';
import { readContract } from '../../src/contract/contract.js';
import { defaultConfig, loadText } from '../../src/server/config/load.js';
import { checkConfig } from '../../src/server/config/schema.js';

const FILE = fileURLToPath(new URL('../../../deploy/config.example.yaml', import.meta.url));
const text = readFileSync(FILE, 'utf8');

/** With every commented-out key: "#" in the first column, and then no space or more than one. */
const whole = text.replaceAll(/^#(?! \S)(?=.)/gm, '').replaceAll(/^( *\w+:) \[\]\n(?= *(?:#.*\n *)*- )/gm, '$1\n');

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  allOf?: Schema[];
}

const contract = readContract() as unknown as Record<string, unknown>;

function resolve(schema: Schema): Schema {
  if (!schema.$ref) return schema;
  const found = schema.$ref
    .split('/')
    .slice(1)
    .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], contract);
  return resolve(found as Schema);
}

/** Every key of the schema, as a path; `*` for a camera's id, `[]` for an entry of a list. */
function keysOf(reference: Schema, path = ''): string[] {
  const schema = resolve(reference);
  const inside = typeof schema.additionalProperties === 'object' ? resolve(schema.additionalProperties) : {};
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [
      `${path}.${key}`,
      ...keysOf(value, `${path}.${key}`),
    ]),
    ...keysIn(inside, `${path}.*`),
    ...keysIn(schema.items ?? {}, `${path}[]`),
    ...(schema.allOf ?? []).flatMap(part => keysOf(part, path)),
  ];
}

const keysIn = (schema: Schema, path: string): string[] => (Object.keys(schema).length > 0 ? keysOf(schema, path) : []);

/** Whether a value has such a path. */
function has(value: unknown, path: string): boolean {
  if (path === '') return true;
  const [, step = '', rest = ''] = /^(\[\]|\.[\w*]+)(.*)$/.exec(path) ?? [];
  if (typeof value !== 'object' || value === null) return false;
  if (step === '[]' || step === '.*') return Object.values(value).some(inner => has(inner, rest));
  return Object.hasOwn(value, step.slice(1)) && has((value as Record<string, unknown>)[step.slice(1)], rest);
}

t.test('the example works unchanged, and shows the defaults', t => {
  const { config, cameras } = loadText(text, FILE);
  t.strictSame(config, defaultConfig());
  t.equal(cameras, null);
  t.end();
});

t.test('every key is in it, and no other', t => {
  const config: unknown = parse(whole);
  const keys = keysOf({ $ref: '#/components/schemas/Config' });
  t.ok(keys.length > 50, `${keys.length} keys`);
  t.strictSame(
    keys.filter(key => !has(config, key)),
    [],
    'none is missing',
  );
  t.strictSame(checkConfig(config), [], 'none is unknown or has a wrong value');
  t.end();
});

t.test('the defaults in the example are the real ones', t => {
  const { cameras } = parse(whole) as { cameras: Record<string, Record<string, unknown>> };
  const { source, name, controls, ...settings } = cameras.front ?? {};
  const config = { cameras: { front: { source } } };
  t.strictSame(checkConfig(config), []);
  t.match(config.cameras.front, settings);
  t.ok(name !== undefined && controls !== undefined);
  t.end();
});
