// biome.json says which room may import which. A rule that matches nothing looks like one that is obeyed.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import t from 'tap';
import { ROOT, ran, source } from '../helpers/programs.js';

/** Every folder with modules in it, as `server/http/plugins`. */
const rooms = [
  ...new Set(
    readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter(path => path.endsWith('.ts') && path.includes('/'))
      .map(path => dirname(path)),
  ),
].sort();
const PACKAGE = 'a-package-that-is-not-there';
const NEW = ['new-room', 'server/new-room'];

/** Some imports that are forbidden, whatever else changes. */
const NEVER: readonly [room: string, other: string][] = [
  ['protocol', 'domain'],
  ['domain', 'server/http'],
  ['server/ice', 'server/http'],
  ['server/config', 'cli'],
  ['server/config', 'server/access'],
  ['server/devices', 'worker/camera'],
  ['server/media', 'worker/camera'],
  ['server/http', 'server/media'],
  ['server', 'cli'],
  ['worker/camera', 'server/media'],
  ['worker/encoding', 'worker/sources'],
  ['worker/sources', 'worker/camera'],
  ['worker/camera', 'worker/sessions'],
  ['receiver', 'receiver/player'],
  ['receiver/player', 'receiver'],
  ['cli', 'gst'],
  ['cli', 'server/http'],
  ['web/dashboard', 'domain'],
  ['web/player', 'web/dashboard'],
  ['web/shared', 'web/player'],
];
const MUST_BE: readonly [room: string, other: string][] = [
  ['server/http', 'domain'],
  ['server/http/handlers', 'server/http'],
  ['server', 'server/http'],
  ['worker/sessions', 'worker/camera'],
  ['worker/camera', 'gst'],
  ['receiver/player', 'gst'],
  ['web/dashboard', 'web/player'],
];

const from = (room: string, other: string): string => {
  const path = relative(room, other);
  return `${path.startsWith('.') ? path : `./${path}`}/x.js`;
};

t.test('each room may import only what is explicitly allowed', async t => {
  // Outside this repository, as biome would also find its biome.json; and outside git.
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-rooms-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const rules = { ...JSON.parse(source('biome.json')), vcs: { enabled: false } };
  writeFileSync(join(folder, 'biome.json'), JSON.stringify(rules));
  const made = [...rooms, ...NEW];
  for (const room of made) {
    mkdirSync(join(folder, 'src', room), { recursive: true });
    const others = made.filter(other => other !== room).map(other => from(room, other));
    const imports = [...others, PACKAGE, './own.js'].map(name => `import '${name}';\n`);
    writeFileSync(join(folder, 'src', room, 'x.ts'), imports.join(''));
  }
  const { output } = ran('sh', [
    ...['-c', 'cd "$0" && exec "$@"', folder, join(ROOT, 'node_modules/.bin/biome')],
    ...['lint', '--only=style/noRestrictedImports', '--max-diagnostics=none', '--colors=off', 'src'],
  ]);
  const refused = new Set(
    [...output.matchAll(/src\/([\w/-]+)\/x\.ts:\d+:\d+ lint[\s\S]*?\n +> \d+ │ import '([^']+)'/g)].map(
      ([, room, name]) => `${room} ${name}`,
    ),
  );
  const isRefused = (room: string, name: string): boolean => refused.has(`${room} ${name}`);
  t.ok(refused.size > 500, output.slice(0, 2_000));
  for (const room of made) {
    t.ok(isRefused(room, PACKAGE), `${room} imports no package that is not allowed`);
    t.notOk(isRefused(room, './own.js'));
    // The files of server/ itself are there to join its rooms.
    for (const added of NEW.filter(added => added !== room && dirname(added) !== room))
      t.ok(isRefused(room, from(room, added)), `${room} does not import ${added}`);
  }
  for (const added of NEW)
    for (const other of rooms) t.ok(isRefused(added, from(added, other)), `${added} does not import ${other}`);
  for (const [room, other] of NEVER) t.ok(isRefused(room, from(room, other)), `${room} does not import ${other}`);
  for (const [room, other] of MUST_BE) t.notOk(isRefused(room, from(room, other)), `${room} imports ${other}`);
});
