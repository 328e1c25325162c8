import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { loadConfig } from '../../src/server/config/load.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-token-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'token', ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

t.test('a token, and a valid configuration for it', t => {
  const { status, stdout, stderr } = run(
    ...['--name', 'tablet 1', '--role', 'view', '--role', 'publish', '--camera', 'front', '--camera', 'door'],
    ...['--expires', '2999-01-31T12:00:00+01:00'],
  );
  t.equal(status, 0);
  t.equal(stderr, '');
  const token = /^# {3}([\w-]{32})$/m.exec(stdout)?.[1] ?? '';
  const file = join(folder, 'robot.yaml');
  writeFileSync(file, stdout);
  const cameras = ['front', 'door'];
  t.strictSame(loadConfig(file).access.tokens, [
    {
      name: 'tablet 1',
      hash: sha256(token),
      permissions: [
        { role: 'view', cameras },
        { role: 'publish', cameras },
      ],
      expires: '2999-01-31T11:00:00Z',
    },
  ]);
  t.notMatch(run('--name', 'x', '--role', 'view').stdout, token, 'the next one differs');
  rmSync(file);
  t.end();
});

t.test('for programs: one line of JSON, without absent fields', t => {
  const { stdout } = run('--name', 'x', '--role', 'admin', '--json');
  const { token, entry } = JSON.parse(stdout) as { token: string; entry: unknown };
  t.equal(stdout.trim().split('\n').length, 1);
  t.strictSame(entry, { name: 'x', hash: sha256(token), permissions: [{ role: 'admin' }] });
  t.end();
});

t.test('when a token expires', t => {
  for (const [text, ms] of [
    ['90m', 5_400_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
  ] as const) {
    const before = Date.now();
    const { stdout } = run('--name', 'x', '--role', 'view', '--expires', text, '--json');
    const { entry } = JSON.parse(stdout) as { entry: { expires: string } };
    t.match(entry.expires, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
    const ends = Date.parse(entry.expires);
    // Printed in whole seconds.
    t.ok(ends >= before + ms - 1_000 && ends <= Date.now() + ms, `${text}: ${entry.expires}`);
  }
  t.end();
});

t.test('errors on the command line: one message, nothing on stdout, 64', t => {
  const cases: [string, string[], RegExp][] = [
    ['no name', ['--role', 'view'], /--name <NAME>/],
    ['no role', ['--name', 'x'], /--role <ROLE>/],
    ['another role', ['--name', 'x', '--role', 'root'], /'root'.*view, publish, admin/],
    ['a name that is none', ['--name', '', '--role', 'view'], /name is ""/],
    ['a name with a line break', ['--name', 'a\nb', '--role', 'view'], /name is "a\\nb".*Letters, digits/],
    ['a camera that is none', ['--name', 'x', '--role', 'view', '--camera', 'a/b'], /cameras\.0 is "a\/b"/],
    ['a camera twice', ['--name', 'x', '--role', 'view', '--camera', 'a', '--camera', 'a'], /cameras/],
    ['no span', ['--name', 'x', '--role', 'view', '--expires', 'soon'], /'soon'.*30d/],
    ['a date without an hour', ['--name', 'x', '--role', 'view', '--expires', '2999-01-31'], /30d.*T12:00:00Z/],
    ['a day that is none', ['--name', 'x', '--role', 'view', '--expires', '2999-02-41T00:00:00Z'], /30d/],
    ['over', ['--name', 'x', '--role', 'view', '--expires', '2020-01-31T12:00:00Z'], /in the past/],
    ['0 days', ['--name', 'x', '--role', 'view', '--expires', '0d'], /in the past/],
    ['too far', ['--name', 'x', '--role', 'view', '--expires', '99999w'], /30d/],
    ['something behind it', ['--name', 'x', '--role', 'view', 'front'], /too many arguments/],
  ];
  for (const [name, args, words] of cases) {
    const { status, stdout, stderr } = run(...args);
    t.equal(status, 64, name);
    t.equal(stdout, '', name);
    t.match(stderr, words, name);
    t.ok(stderr.trim().split('\n').length <= 3, `${name}: ${stderr}`);
    t.notMatch(stderr, /\bat .*\.js:\d/, `${name}: no stack`);
  }
  t.end();
});

t.test('no run left a file behind', t => {
  t.strictSame(readdirSync(folder), []);
  t.end();
});
