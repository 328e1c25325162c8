import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { withoutSecrets } from '../../src/cli/hide-secrets.js';
import { startFakeServer } from '../helpers/fake-server.js';
import { startRecv } from '../helpers/recv.js';
import { startServer, until, workersOf } from '../helpers/server.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const commandLine = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');

t.test('secrets in a command line are hidden', t => {
  const cases: [string, string][] = [
    ['serve --port 1 --camera a=rtsp://u:hush@h/s', 'serve --port 1 --camera a=rtsp://u:***@h/s'],
    ['--camera=a=rtsp://u:hu@sh@h/s?pwd=hush', '--camera=a=rtsp://u:***@h/s?pwd=***'],
    ['recv http://h --token hush front', 'recv http://h --token *** front'],
    ['recv http://h --token=hush', 'recv http://h --token=***'],
    ['recv http://h/#token=hush&camera=a', 'recv http://h/#token=***&camera=a'],
    ['recv http://h/whep/a?access_token=hush', 'recv http://h/whep/a?access_token=***'],
    ['recv http://h --token-file f', 'recv http://h --token-file f'],
  ];
  for (const [line, shown] of cases) t.equal(withoutSecrets(line.split(' ')).join(' '), shown, line);
  t.end();
});

t.test('an error on the command line is reported without secrets', t => {
  const cases: [number, string[]][] = [
    [64, ['--camera', 'rtsp://user:hush@192.0.2.1/s']],
    [64, ['--camera', 'a=test', '--camera', 'a=rtsp://user:hush@192.0.2.1/s']],
    [78, ['--camera', 'a=rtsp://user:hush@']],
    [78, ['--camera', 'a=htp://user:hush@192.0.2.1/s']],
    [64, ['--token=hush']],
    [64, ['recv', 'http://h:port/#token=hush']],
    [64, ['recv', 'http://user:hush@h:port/']],
    [64, ['recv', 'http://user:hush@h/']],
    [64, ['recv', 'ftp://h/?token=hush']],
    [64, ['recv', 'http://h', 'b@d', '--token', 'hush hush']],
    [64, ['recv', 'http://h', '--token', '-hush']],
  ];
  for (const [code, args] of cases) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    t.equal(status, code, `${args.join(' ')}: ${stderr}`);
    t.notMatch(stdout + stderr, /hush/, args.join(' '));
    t.not(stderr, '');
  }
  t.end();
});

t.test('ps shows no secret of the server, its workers, or recv', async t => {
  const server = await startServer('--camera', 'road=rtsp://user:hush-hush@127.0.0.1:9/s', '--camera', 't=test');
  t.teardown(() => server.close());
  const workers = await until('both workers', () => {
    const found = workersOf(server.pid);
    return found.length === 2 && found;
  });
  for (const pid of [server.pid, ...workers.map(worker => worker.pid)]) {
    t.notMatch(commandLine(pid), /hush/);
    t.notMatch(commandLine(pid), server.token);
  }
  t.match(commandLine(server.pid), /--camera road=rtsp:\/\/user:\*\*\*@127\.0\.0\.1:9\/s/, 'the rest stays');
  t.match(await server.camera('road'), { source: 'rtsp://user:***@127.0.0.1:9/s' }, 'it still knows it');
  // One that does not answer, so that recv is still running.
  const other = await startFakeServer(t, () => undefined);
  const recv = startRecv(t, [other.url.href, 'front', '--headless', '--token=hush-hush']);
  await until('recv has asked', () => other.heard.length > 0);
  t.notMatch(commandLine(recv.child.pid ?? 0), /hush/);
  t.equal(other.heard[0]?.headers.authorization, 'Bearer hush-hush');
});
