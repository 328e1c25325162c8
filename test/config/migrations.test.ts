import { chmodSync, readFileSync, rmSync, statSync } from 'node:fs';
import t from 'tap';
import { parseDocument } from 'yaml';
import { ConfigFile } from '../../src/server/config/config-storage.js';
import { loadText } from '../../src/server/config/load.js';
import { MIGRATIONS, type Migration, migrate } from '../../src/server/config/migrations.js';
import { ConfigStore } from '../../src/server/config/store.js';
import { configFile, NO_APPLIER } from '../helpers/config-store.js';
import { keptLog } from '../helpers/quiet-log.js';

/** Example migrations. */
const STEPS: readonly Migration[] = [
  {
    to: 2,
    title: '"http" is called "server"',
    migrate: document => {
      if (!document.has('http')) return;
      document.set('server', document.get('http', true));
      document.delete('http');
    },
  },
  {
    to: 3,
    title: '"limits.watchers" is called "limits.viewers"',
    migrate: document => {
      const watchers = document.getIn(['limits', 'watchers']);
      if (watchers === undefined) return;
      document.setIn(['limits', 'viewers'], watchers);
      document.deleteIn(['limits', 'watchers']);
    },
  },
];

t.test('the migrations lead from each version to the next', t => {
  MIGRATIONS.forEach(({ to, title }, index) => {
    t.equal(to, index + 2);
    t.ok(title.length > 0);
  });
  t.end();
});

t.test('a document goes through the missing steps', t => {
  const cases: [text: string, from: number, steps: number, after: object][] = [
    ['http: { port: 1 }\nlimits: { watchers: 7 }', 1, 2, { server: { port: 1 }, limits: { viewers: 7 }, version: 3 }],
    ['version: 1\nhttp: { port: 1 }', 1, 2, { version: 3, server: { port: 1 } }],
    ['version: 2\nlimits: { watchers: 7 }', 2, 1, { version: 3, limits: { viewers: 7 } }],
    ['version: 3\nlimits: { viewers: 7 }', 3, 0, { version: 3, limits: { viewers: 7 } }],
  ];
  for (const [text, from, steps, after] of cases) {
    const document = parseDocument(text);
    const migrated = migrate(document, STEPS);
    t.equal(migrated.from, from, text);
    t.strictSame(
      migrated.titles,
      STEPS.slice(STEPS.length - steps).map(({ title }) => title),
    );
    t.strictSame(document.toJS(), after);
  }
  for (const text of ['', '# nothing', '- 1', 'road']) t.strictSame(migrate(parseDocument(text), STEPS).titles, []);
  t.end();
});

t.test('an unknown version', t => {
  t.throws(() => loadText('\nversion: 4\n', '/c.yaml', STEPS), {
    message: /^\/c\.yaml:2: version is 4, but this server supports at most 3: .*\.v3/,
  });
  t.throws(() => loadText('version: 2\n', '/c.yaml'), { message: /:1: version is 2, .* at most 1/ });
  for (const version of ['0', '1.5', 'new', '[1]'])
    t.throws(() => loadText(`version: ${version}\n`, '/c.yaml', STEPS), { message: /^\/c\.yaml:1: version is / });
  t.end();
});

t.test('an old file is understood, left unchanged until it is written, and then backed up', async t => {
  const old = '# of old\nlimits:\n  watchers: 7 # few\ncameras:\n  a: { source: test }\n';
  const file = configFile(t, old);
  chmodSync(file, 0o640);
  const log = keptLog();
  const store = new ConfigStore({ storage: new ConfigFile(file), log, migrations: STEPS });
  t.teardown(() => store.close());
  t.equal(store.running.config.limits.viewers, 7);
  t.match(log.lines, [{ event: /older version/, fields: { version: 1, steps: STEPS.map(({ title }) => title) } }]);
  await store.start(NO_APPLIER, 'secret');
  t.equal(readFileSync(file, 'utf8'), old, 'reading writes nothing');
  await store.patch('a', { width: 320 }, undefined);
  t.equal(readFileSync(`${file}.v1`, 'utf8'), old);
  t.equal(statSync(`${file}.v1`).mode & 0o777, 0o600);
  const now = readFileSync(file, 'utf8');
  t.match(now, /# of old/);
  t.strictSame(parseDocument(now).toJS(), {
    limits: { viewers: 7 },
    cameras: { a: { source: 'test', width: 320 } },
    version: 3,
  });
  rmSync(`${file}.v1`);
  await store.patch('a', { width: 640 }, undefined);
  t.throws(() => statSync(`${file}.v1`), 'it had the newest version');
});
