import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CommandError, EXIT } from '../../src/domain/command-error.js';
import { defaultStateDir, readToken } from '../../src/server/access/own-token.js';

const root = mkdtempSync(join(tmpdir(), 'bigfootbot-token-'));
t.teardown(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(root, String(++folders), 'state');

async function failing(stateDir: string): Promise<{ exitCode: number; message: string }> {
  try {
    await readToken(stateDir);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
  throw new Error('a token was read');
}

const mode = (path: string): number => statSync(path).mode & 0o777;

t.test('the token is created at the first start, only for its owner, and kept', async t => {
  const state = folder();
  const umask = process.umask(0);
  const { token, file } = await readToken(state);
  process.umask(umask);
  t.match(token, /^[\w-]{32}$/, '192 bits that fit into a header and a URL');
  t.equal(file, join(state, 'token'));
  t.equal(mode(file), 0o600);
  t.equal(mode(state), 0o700);
  t.equal(readFileSync(file, 'utf8'), `${token}\n`);
  t.equal((await readToken(state)).token, token, 'the second start has the same');
  t.not((await readToken(folder())).token, token, 'another robot has another one');
});

t.test('a token written by the user is accepted', async t => {
  const state = folder();
  mkdirSync(state, { recursive: true });
  writeFileSync(join(state, 'token'), '  a-token-of-my-own!\r\n', { mode: 0o600 });
  t.equal((await readToken(state)).token, 'a-token-of-my-own!');
  chmodSync(join(state, 'token'), 0o400);
  t.equal((await readToken(state)).token, 'a-token-of-my-own!', 'read-only is accepted');
});

t.test('a token that others can read is refused, with the command to fix it', async t => {
  const state = folder();
  const { file } = await readToken(state);
  for (const open of [0o644, 0o640, 0o604, 0o660, 0o622]) {
    chmodSync(file, open);
    t.match(await failing(state), { exitCode: EXIT.config, message: `chmod 600 '${file}'` }, open.toString(8));
    t.match((await failing(state)).message, `mode ${open.toString(8)}`);
  }
  chmodSync(file, 0o600);
  t.ok((await readToken(state)).token);
});

t.test('a file without a token is refused, not replaced', async t => {
  for (const text of [
    '',
    '\n',
    'short',
    'two words in here',
    'two-lines-of-text\nin-one-file-here',
    'ümlauts-are-not-ascii',
    'x'.repeat(513),
    '\0'.repeat(32),
  ]) {
    const state = folder();
    mkdirSync(state, { recursive: true });
    writeFileSync(join(state, 'token'), text, { mode: 0o600 });
    t.match(
      await failing(state),
      { exitCode: EXIT.config, message: /has no token.*Remove the file/ },
      JSON.stringify(text.slice(0, 40)),
    );
    t.equal(readFileSync(join(state, 'token'), 'utf8'), text);
  }
});

t.test('a folder that cannot be created is an error; no token is used without being saved', async t => {
  const occupied = join(root, 'a-file');
  writeFileSync(occupied, '');
  // Root may write anywhere except below a file.
  const { exitCode, message } = await failing(join(occupied, 'state'));
  t.ok(exitCode === EXIT.cannotWrite || exitCode === EXIT.config, `exit code ${exitCode}`);
  t.match(message, 'ENOTDIR');
  t.match(message, join(occupied, 'state', 'token'));
  t.match(message, '--state-dir', 'and the remedy');
  const state = folder();
  mkdirSync(join(state, 'token'), { recursive: true, mode: 0o700 });
  chmodSync(join(state, 'token'), 0o700);
  t.match(await failing(state), { exitCode: EXIT.config, message: /cannot be read: EISDIR/ });
  t.notOk(existsSync(join(occupied, 'state')));
});

t.test('the default folder of the token', async t => {
  const cases: [NodeJS.ProcessEnv, string][] = [
    [{ STATE_DIRECTORY: '/var/lib/bigfootbot-video', HOME: '/root' }, '/var/lib/bigfootbot-video'],
    [{ STATE_DIRECTORY: '/var/lib/a:/var/lib/b' }, '/var/lib/a'],
    [{ XDG_STATE_HOME: '/home/r/state', HOME: '/home/r' }, '/home/r/state/bigfootbot-video'],
    [{ XDG_STATE_HOME: '', HOME: '/home/r' }, '/home/r/.local/state/bigfootbot-video'],
    [{}, join(homedir(), '.local/state/bigfootbot-video')],
  ];
  for (const [env, expected] of cases) t.equal(defaultStateDir(env), expected, JSON.stringify(env));
});
