import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { askForToken, findToken } from '../../src/cli/recv-token.js';
import { CommandError } from '../../src/domain/command-error.js';

const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-token-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'bigfootbot-video'));
const own = join(folder, 'bigfootbot-video', 'token');
writeFileSync(own, 'of-the-server\n');
const tokenFile = join(folder, 'file');
writeFileSync(tokenFile, '  of-the-file\n');
const home = { XDG_STATE_HOME: folder, HOME: folder };
const here = new URL('http://localhost:8765');

t.test("precedence: option, file, URL, environment, this machine's own token", t => {
  const env = { ...home, BIGFOOTBOT_TOKEN: 'of-the-environment' };
  t.equal(findToken({ token: 'given', tokenFile, inUrl: 'url' }, here, env), 'given');
  t.equal(findToken({ tokenFile, inUrl: 'url' }, here, env), 'of-the-file');
  t.equal(findToken({ inUrl: 'url' }, here, env), 'url');
  t.equal(findToken({ inUrl: null }, here, env), 'of-the-environment');
  t.equal(findToken({ inUrl: null }, here, { ...home, BIGFOOTBOT_TOKEN: '' }), 'of-the-server', 'an empty one');
  t.end();
});

t.test("this machine's own token is only for servers on this machine", t => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]'])
    t.equal(findToken({ inUrl: null }, new URL(`http://${host}:1`), home), 'of-the-server', host);
  for (const host of ['robot', '192.168.0.1', '127.0.0.1.example.net', 'localhost.example.net', '[::2]', '10.127.0.1'])
    t.equal(findToken({ inUrl: null }, new URL(`http://${host}:1`), home), null, host);
  t.equal(findToken({ inUrl: null }, here, { HOME: join(folder, 'none') }), null, 'there is none');
  writeFileSync(own, '\n');
  t.equal(findToken({ inUrl: null }, here, home), null, 'it is empty');
  rmSync(own);
  mkdirSync(own);
  t.equal(findToken({ inUrl: null }, here, home), null, 'it cannot be read');
  t.end();
});

t.test('an invalid token is refused, and not repeated', t => {
  const write = (text: string): string => {
    writeFileSync(tokenFile, text);
    return tokenFile;
  };
  const cases: [string, Parameters<typeof findToken>[0], NodeJS.ProcessEnv, number, RegExp][] = [
    ['an empty option', { token: '', inUrl: null }, home, 64, /--token is empty/],
    ['two words', { token: 'secret words', inUrl: null }, home, 64, /--token has spaces/],
    ['a header of its own', { token: 'secret\r\nX: y', inUrl: null }, home, 64, /--token has/],
    ['in the URL', { inUrl: 'secretü' }, home, 64, /the URL has/],
    ['in the environment', { inUrl: null }, { ...home, BIGFOOTBOT_TOKEN: 'secret\nb' }, 64, /BIGFOOTBOT_TOKEN has/],
    ['an empty file', { tokenFile: write(''), inUrl: null }, home, 66, /--token-file .* is empty/],
    ['no such file', { tokenFile: join(folder, 'none'), inUrl: null }, home, 66, /none: cannot be read: ENOENT/],
    ['a folder', { tokenFile: folder, inUrl: null }, home, 66, /EISDIR/],
  ];
  for (const [name, given, env, exitCode, words] of cases) {
    try {
      findToken(given, here, env);
      t.fail(name);
    } catch (error) {
      t.ok(error instanceof CommandError, name);
      t.match(error, { exitCode, message: words }, name);
      t.notMatch((error as Error).message, 'secret', name);
    }
  }
  write('secret\nsecond');
  t.throws(() => findToken({ tokenFile, inUrl: null }, here, home), { message: /line breaks/ }, 'two lines');
  if (process.getuid?.() !== 0) {
    chmodSync(tokenFile, 0);
    t.throws(() => findToken({ tokenFile, inUrl: null }, here, home), { message: /EACCES/ });
  }
  t.end();
});

t.test('recv prompts for a token only on a terminal', async t => {
  t.equal(await askForToken(here), null);
});
