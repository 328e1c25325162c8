// biome.json says which room may import which. A rule of it that matches nothing looks like one that is kept.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ROOT, ran, source } from '../helpers/programs.js';

const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name);
const PACKAGE = 'a-package-that-is-not-there';

/** Some that must not be, whatever else changes. */
const NEVER: readonly [room: string, other: string][] = [
  ['protocol', 'domain'],
  ['domain', 'http'],
  ['ice', 'http'],
  ['config', 'cli'],
  ['devices', 'worker'],
  ['player', 'receiver'],
  ['receiver', 'player'],
  ['media', 'worker'],
  ['http', 'media'],
  ['cli', 'gst'],
  ['web', 'domain'],
];

t.test('each room is forbidden whatever nobody has allowed it', async t => {
  // Outside of this repository, whose biome.json it would find as well; and of git.
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-rooms-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, 'biome.json'),
    source('biome.json').replace('"enabled": true, "clientKind"', '"enabled": false, "clientKind"'),
  );
  const made = [...rooms, 'new-room'];
  const others = [...made, 'another'];
  for (const room of made) {
    mkdirSync(join(folder, 'src', room), { recursive: true });
    const imports = [...others.filter(other => other !== room).map(other => `../${other}/x.js`), PACKAGE, './own.js'];
    writeFileSync(join(folder, 'src', room, 'x.ts'), imports.map(name => `import '${name}';\n`).join(''));
  }
  const { output } = ran('sh', [
    ...['-c', 'cd "$0" && exec "$@"', folder, join(ROOT, 'node_modules/.bin/biome')],
    ...['lint', '--only=style/noRestrictedImports', '--max-diagnostics=none', '--colors=off', 'src'],
  ]);
  const refused = new Set(
    [...output.matchAll(/src\/([\w-]+)\/x\.ts:\d+:\d+ lint[\s\S]*?\n +> \d+ │ import '([^']+)'/g)].map(
      ([, room, name]) => `${room} ${name}`,
    ),
  );
  const isRefused = (room: string, name: string): boolean => refused.has(`${room} ${name}`);
  t.ok(refused.size > 100, output.slice(0, 2_000));
  for (const room of made) {
    t.ok(isRefused(room, PACKAGE), `${room} imports no package that it was not allowed`);
    if (room !== 'new-room') t.ok(isRefused(room, '../new-room/x.js'), `${room} does not import a new room`);
    t.notOk(isRefused(room, './own.js'));
  }
  for (const other of rooms) t.ok(isRefused('new-room', `../${other}/x.js`), `a new room does not import ${other}`);
  for (const [room, other] of NEVER) t.ok(isRefused(room, `../${other}/x.js`), `${room} does not import ${other}`);
  for (const [room, other] of [
    ['http', 'domain'],
    ['worker', 'gst'],
    ['web', 'protocol'],
  ] as const)
    t.notOk(isRefused(room, `../${other}/x.js`), `${room} imports ${other}`);
});
