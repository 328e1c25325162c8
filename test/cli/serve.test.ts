import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-cli-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const state = join(folder, 'state');

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the program with arguments that it refuses, so that nothing starts. */
function run(...args: string[]): Outcome {
  const { INIT_CWD: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...env, XDG_STATE_HOME: state },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

t.test('errors on the command line: one message, nothing on stdout, 64', t => {
  const cases: [string, string[], RegExp][] = [
    ['unknown option', ['--prot', '80'], /unknown option '--prot'/],
    ['unknown option of serve', ['serve', '--prot'], /unknown option '--prot'/],
    ['unknown command', ['server'], /too many arguments/],
    ['port in words', ['--port', 'http'], /--port.*'http'.*0 to 65535/],
    ['port too high', ['--port', '65536'], /0 to 65535/],
    ['port below 0', ['--port=-1'], /0 to 65535/],
    ['port with a point', ['--port', '80.5'], /0 to 65535/],
    ['no port', ['--port'], /--port.*argument missing/],
    ['log level', ['--log-level', 'loud'], /loud.*fatal, error, warn, info, debug, trace, silent/],
    ['camera without a source', ['--camera', 'road'], /ID=SOURCE/],
    ['camera with an empty source', ['--camera', 'road='], /ID=SOURCE/],
    ['camera without a name', ['--camera', '=test'], /ID=SOURCE/],
    ['camera named twice', ['--camera', 'a=test', '--camera', 'a=file:x.mp4'], /Camera "a" is given twice/],
  ];
  for (const [name, args, words] of cases) {
    const { status, stdout, stderr } = run(...args);
    t.equal(status, 64, name);
    t.equal(stdout, '', name);
    t.match(stderr, words, name);
    // The error, maybe a suggestion, and where to find help.
    t.ok(stderr.trim().split('\n').length <= 3, `${name}: ${stderr}`);
    t.notMatch(stderr, /\bat .*\.js:\d/, `${name}: no stack`);
  }
  t.end();
});

t.test('errors in the configuration: 78, each on its own line', t => {
  const config = join(folder, 'robot.yaml');
  writeFileSync(config, 'server:\n  prot: 1\ncameras:\n  road:\n    source: http://u:secret@h/\n');
  const bomb = join(folder, 'bomb.yaml');
  writeFileSync(
    bomb,
    [
      'a: &a [1]',
      ...'bcdefghi'.split('').map((key, n) => `${key}: &${key} [${Array(10).fill(`*${'abcdefghi'[n]}`)}]`),
    ].join('\n'),
  );
  const cases: [string, string[], RegExp, number][] = [
    ['no such file', ['--config', 'none.yaml'], /none\.yaml: cannot be read: ENOENT.*--config/, 1],
    ['a folder', ['--config', '.'], /cannot be read: EISDIR/, 1],
    ['two findings', ['--config', config], /robot\.yaml:2: server\.prot.*\n.*robot\.yaml:5: cameras\.road\.source/, 2],
    ['alias bomb', ['--config', bomb], /bomb\.yaml.*alias/, 1],
    ['source of no kind', ['--camera', 'road=tape'], /cameras\.road\.source is "tape"/, 1],
    ['source with a password', ['--camera', 'road=http://u:secret@h/'], /cameras\.road\.source/, 1],
    ['device that is none', ['--camera', 'road=v4l2:/etc/passwd'], /cameras\.road\.source .*names no device/, 1],
    ['name', ['--camera', 'my road=test'], /is not a valid camera name/, 1],
    ['name of a prototype', ['--camera', '__proto__=test'], /is not a valid camera name/, 1],
  ];
  for (const [name, args, words, lines] of cases) {
    const { status, stdout, stderr } = run(...args);
    t.equal(status, 78, name);
    t.equal(stdout, '', name);
    t.match(stderr, words, name);
    t.equal(stderr.trim().split('\n').length, lines, `${name}: ${stderr}`);
    t.match(stderr, /^bigfootbot-video: /, name);
    t.notMatch(stderr, 'secret', `${name}: no password`);
  }
  t.end();
});

t.test('a state folder that cannot be used', t => {
  writeFileSync(join(folder, 'file'), '');
  const { status, stdout, stderr } = run('--camera', 'a=test', '--port', '0', '--state-dir', 'file/state');
  t.ok(status === 73 || status === 78, `${status}`);
  t.equal(stdout, '');
  t.match(stderr, /file\/state\/token.*--state-dir/);
  t.end();
});

t.test('help exits with 0', t => {
  for (const args of [['--help'], ['serve', '--help']]) {
    const { status, stdout, stderr } = run(...args);
    t.equal(status, 0, args.join(' '));
    t.equal(stderr, '');
    t.match(stdout, /Usage: bigfootbot-video/);
  }
  for (const { stdout } of [run('serve', '--help'), run('--help')])
    for (const option of ['--camera', '--config', '--host', '--port', '--state-dir', '--log-level', '--json'])
      t.match(stdout, option);
  t.end();
});

t.test('no run left a file behind', t => {
  t.strictSame(readdirSync(folder).sort(), ['bomb.yaml', 'file', 'robot.yaml']);
  t.end();
});
