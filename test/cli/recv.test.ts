import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { EXIT } from '../../src/domain/command-error.js';
import { startFakeServer } from '../helpers/fake-server.js';
import { freePort } from '../helpers/free-port.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-recv-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'empty'), '');

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command with arguments that it refuses before it starts anything; its servers are in this process. */
function run(...args: string[]): Promise<Outcome> {
  const { INIT_CWD: _, BIGFOOTBOT_TOKEN: __, ...env } = process.env;
  return new Promise(resolve => {
    const options = { cwd: folder, env: { ...env, XDG_STATE_HOME: join(folder, 'state') }, timeout: 60_000 };
    const child = execFile(process.execPath, [MAIN, 'recv', ...args], options, (_, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

/** Runs them two at a time, as the machine may have only two cores. */
async function runAll<Case extends readonly [string, string[], ...unknown[]]>(
  cases: readonly Case[],
  check: (outcome: Outcome, one: Case) => void,
): Promise<void> {
  const left = [...cases];
  const next = async (): Promise<void> => {
    for (let one = left.shift(); one; one = left.shift()) check(await run(...one[1]), one);
  };
  await Promise.all([next(), next()]);
}

function expectFinding(
  t: Pick<Tap, 'equal' | 'match' | 'notMatch'>,
  name: string,
  { stdout, stderr }: Outcome,
  words: RegExp,
): void {
  t.equal(stdout, '', `${name}: nothing on stdout`);
  t.match(stderr, words, name);
  t.notMatch(stderr, /\bat .*\.js:\d/, `${name}: no stack`);
  t.notMatch(stderr, 'secret', `${name}: no token`);
}
type Tap = typeof t;

t.test('errors on the command line: one message, nothing on stdout, 64', async t => {
  const url = 'http://robot.invalid:8765';
  const cases: [string, string[], RegExp][] = [
    ['nothing', [], /missing required argument 'url'/],
    ['unknown option', [url, '--recrod', 'a.mkv'], /unknown option '--recrod'/],
    ['container', [url, '--record', 'a.avi'], /--record.*\.mkv or \.mp4/],
    ['snapshot', [url, '--snapshot', 'a.gif'], /--snapshot.*\.jpg or \.png/],
    ['pipe', [url, 'a', '--pipe', 'mjpeg'], /--pipe.*h264, y4m/],
    ['seconds', [url, '--duration', 'long'], /--duration.*number of seconds above 0/],
    ['no seconds', [url, '--duration', '0'], /above 0/],
    ['ms', [url, '--jitter-ms', '-1'], /--jitter-ms.*0 to 9999/],
    ['scheme', ['ftp://robot'], /"ftp:\/\/robot" does not begin with http/],
    ['scheme of a legacy sender', [url, '--legacy'], /does not begin with ws:\/\/ or wss:/],
    ['password', ['http://u:secret@robot'], /User and password/],
    ['camera', [url, 'my camera'], /"my camera" is not a valid camera name/],
    ['pipe of all', [url, '--pipe', 'bgr'], /--pipe writes the video of one camera: name it/],
    ['pipe of two', [url, 'a', 'b', '--pipe', 'bgr'], /one camera/],
    ['latency without a clock', [`${url}/path/whep`, '--measure-latency'], /needs the clock of a robot/],
    ['token', [url, '--token=secret token'], /token from --token has spaces/],
    ['token like an option', [url, '--token', '-secret'], /begins with "-".*join the two with "="/],
    ['forgotten token', [url, '--token', '--headless'], /begins with "-".*join the two with "="/],
  ];
  await runAll(cases, (outcome, [name, , words]) => {
    t.equal(outcome.status, EXIT.usage, name);
    expectFinding(t, name, outcome, words);
    t.ok(outcome.stderr.trim().split('\n').length <= 3, `${name}: ${outcome.stderr}`);
  });
});

t.test('exit codes', async t => {
  const items = ['front', 'rear'].map(id => ({ id, name: id, settings: {}, links: { whep: `/whep/${id}` } }));
  const robot = await startFakeServer(t, (request, response) => {
    if (request.headers.authorization?.endsWith('wrong'))
      response.writeHead(401).end(JSON.stringify({ detail: 'no\u001b[2J such token' }));
    else response.end(JSON.stringify({ items }));
  });
  const other = await startFakeServer(t, (_, response) => void response.end('<html>'));
  const busy = await startFakeServer(t, (_, response) => void response.writeHead(503).end());
  const [at, foreign] = [robot.url.href, other.url.href];
  const cases: [string, string[], number, RegExp][] = [
    [
      'refused',
      [`http://127.0.0.1:${await freePort()}`],
      EXIT.unavailable,
      /refuses the connection\. Start the server/,
    ],
    ['unknown host', ['http://no-such-host.invalid'], EXIT.noHost, /there is no host/],
    ['wrong token', [at, '--token=wrong'], EXIT.noPermission, /answered 401: no \[2J such token\. Give a token/],
    ['wrong token like an option', [at, '--token=-wrong'], EXIT.noPermission, /answered 401/],
    ['unknown camera', [at, 'roof'], EXIT.noInput, /no camera "roof"\. It has front, rear/],
    ['no robot', [foreign], EXIT.protocol, /does not run bigfootbot-video/],
    ['busy', [busy.url.href], EXIT.unavailable, /answered 503/],
    [
      'no such folder',
      [at, '--headless', '--record', 'none/a.mkv'],
      EXIT.cannotWrite,
      /none\/a-front\.mkv cannot be written: ENOENT/,
    ],
    ['no such token file', [at, '--token-file', 'none'], EXIT.noInput, /--token-file none: cannot be read/],
    ['an empty one', [at, '--token-file', 'empty'], EXIT.noInput, /--token-file empty is empty/],
    ['no signaling server', [foreign.replace('http', 'ws'), '--legacy'], EXIT.protocol, /is not a signaling server/],
    ['nor host', ['ws://no-such-host.invalid', '--legacy'], EXIT.noHost, /there is no host/],
  ];
  await runAll(cases, (outcome, [name, , status, words]) => {
    t.equal(outcome.status, status, `${name}: ${outcome.stderr}`);
    expectFinding(t, name, outcome, words);
    t.match(outcome.stderr, /^bigfootbot-video: /, name);
    t.equal(outcome.stderr.trim().split('\n').length, 1, name);
    t.notMatch(outcome.stderr.trimEnd(), /\p{Cc}/u, name);
  });
});

t.test('help names every option and every exit code', async t => {
  const { status, stdout, stderr } = await run('--help');
  t.equal(status, 0);
  t.equal(stderr, '');
  const options =
    'windows headless record snapshot pipe duration measure-latency jitter-ms json wait decoder sink legacy token token-file';
  for (const option of options.split(' ')) t.match(stdout, new RegExp(`^ +--${option}\\b`, 'm'), option);
  const [, codes = ''] = /^Exit codes:\n([\s\S]*)/m.exec(stdout) ?? [];
  const { config: _, ...used } = EXIT;
  for (const [name, code] of Object.entries(used)) t.match(codes, new RegExp(`\\b${code} {2}\\w`), name);
  t.match(codes, /\b0 {2}finished/);
});

t.test('no run left a file behind', t => {
  t.strictSame(readdirSync(folder).sort(), ['empty']);
  t.end();
});
