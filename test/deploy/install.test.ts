import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { changes, makeSystem, PREFIX, VERSIONS } from '../helpers/install.js';
import { ROOT, ran, source } from '../helpers/programs.js';
import { until } from '../helpers/server.js';

const CONFIG = '/etc/bigfootbot-video/config.yaml';
const UNIT = '/etc/systemd/system/bigfootbot-video.service';
const JETSON = `${UNIT}.d/jetson.conf`;
const OTHERS = [
  UNIT,
  '/etc/udev/rules.d/70-bigfootbot-video.rules',
  '/etc/avahi/services/bigfootbot-video.service',
  '/usr/local/bin/bigfootbot-video',
];

/** Whether a version is being copied there. */
const isAtWork = (versions: string): boolean =>
  readdirSync(versions).some(name => name.endsWith('.new') && existsSync(join(versions, name, 'node_modules')));

t.test('dry run, install, run, reinstall, uninstall', t => {
  const { at, install, uninstall, has, files } = makeSystem(t);
  const dry = install('--dry-run');
  t.equal(dry.status, 0, dry.output);
  for (const words of [/would run: .*pack\.sh/, /would run: install .*\.service/, /would run: mv /])
    t.match(dry.output, words);
  t.strictSame(files(), [], '--dry-run does nothing');
  const { status, output } = install();
  t.equal(status, 0, output);
  t.strictSame(
    [...OTHERS, CONFIG].filter(path => path !== OTHERS[3] && !has(path)),
    [],
    'everything is installed',
  );
  t.equal(readlinkSync(at('/usr/local/bin/bigfootbot-video')), `${PREFIX}/bin/bigfootbot-video`);
  t.equal(statSync(at(CONFIG)).mode & 0o777, 0o600, 'it may hold passwords');
  t.equal(statSync(at('/etc/bigfootbot-video')).mode & 0o777, 0o750);
  t.notOk(has(JETSON), 'this is not a Jetson');

  // The copy works without the clone: its launcher names its final folder.
  const launcher = readFileSync(at(`${PREFIX}/bin/bigfootbot-video`), 'utf8');
  const [, node = '', main = ''] = /^#!\/bin\/sh\nexec (\S+) (\S+) "\$@"\n$/.exec(launcher) ?? [];
  t.equal(main, `${VERSIONS}/${readdirSync(at(VERSIONS))[0]}/dist/src/main.js`);
  t.match(JSON.parse(ran(node, [at(main), 'devices', '--json']).output), { items: Array });
  const packages = readdirSync(at(`${PREFIX}/node_modules`));
  for (const name of ['fastify', 'node-gtk', 'ws']) t.ok(packages.includes(name), name);
  for (const name of ['typescript', 'tap', '@biomejs', 'playwright-core']) t.notOk(packages.includes(name), name);
  for (const path of ['dist/test', 'dist/bench', 'src', 'node_modules/node-gtk/build'])
    t.notOk(has(`${PREFIX}/${path}`), path);
  t.match(readlinkSync(at(PREFIX)), /^bigfootbot-video\.versions\/\d+\.\d+\.\d+-1$/, 'relative, for any root');

  const before = files();
  const mine = '# mine\n';
  writeFileSync(at(CONFIG), mine);
  writeFileSync(at('/etc/avahi/services/bigfootbot-video.service'), mine);
  writeFileSync(at(`${PREFIX}/left-over`), '');
  t.equal(install().status, 0, 'again');
  t.strictSame(changes(before, files()), [], 'nothing was added or removed');
  t.equal(readFileSync(at(CONFIG), 'utf8'), mine, 'the configuration is kept');
  t.equal(readFileSync(at('/etc/avahi/services/bigfootbot-video.service'), 'utf8'), mine);

  t.equal(install('--dry-run').status, 0);
  t.match(uninstall('--dry-run', '--purge'), { status: 0, output: /would run: rm/ });
  t.strictSame(changes(before, files()), [], '--dry-run does nothing');

  t.equal(uninstall().status, 0);
  t.strictSame(files(), [CONFIG.slice(1)], 'the configuration is kept');
  t.equal(uninstall().status, 0, 'a second uninstall is no error');
  t.equal(uninstall('--purge').status, 0);
  t.strictSame(files(), []);
  t.end();
});

t.test("a third party's folder is neither replaced nor removed", t => {
  const { at, install, uninstall, files } = makeSystem(t);
  mkdirSync(at('/opt/other'), { recursive: true });
  writeFileSync(at('/opt/other/theirs'), '');
  const wrong = [
    '/opt',
    '/opt/other',
    '/',
    '',
    'opt/x',
    '/opt/../etc',
    '/opt/x/',
    '/opt//x',
    '/opt/a b',
    '/opt/$(id)',
    '/opt/x/..',
  ];
  for (const prefix of wrong) {
    for (const script of [install, uninstall]) {
      const { status, output } = script(`--prefix=${prefix}`);
      t.equal(status, 64, `"${prefix}": ${output}`);
    }
  }
  t.equal(install('--perfix=/opt/x').status, 64);
  t.strictSame(files(), ['opt/other/theirs']);
  t.end();
});

t.test('elsewhere, on a Jetson; an interrupted install keeps the old version, the next completes', async t => {
  const { root, at, install, uninstall, has, files } = makeSystem(t);
  const elsewhere = '/srv/video-1.0';
  const prefix = `--prefix=${elsewhere}`;
  mkdirSync(at('/etc'));
  writeFileSync(at('/etc/nv_tegra_release'), '# R36 (release), REVISION: 4.0\n');
  const { status, output } = install('--prefix', elsewhere);
  t.equal(status, 0, output);
  t.ok(has(JETSON));
  t.match(readFileSync(at(UNIT), 'utf8'), /^ExecStart=\/srv\/video-1\.0\/bin\/bigfootbot-video serve/m);
  t.notMatch(readFileSync(at(UNIT), 'utf8'), '/opt/');
  t.notOk(has(PREFIX));

  const before = files();
  // A marker that only the old version has.
  writeFileSync(at(`${elsewhere}/old`), '');
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const child = spawn('setsid', ['sh', 'deploy/install.sh', prefix], {
      cwd: ROOT,
      stdio: 'ignore',
      env: { ...process.env, DESTDIR: root },
    });
    const exited = new Promise(resolve => child.once('exit', resolve));
    await until('it copies', () => isAtWork(at(`${elsewhere}.versions`)));
    process.kill(-(child.pid ?? 0), signal);
    await exited;
    t.ok(has(`${elsewhere}/old`) && has(`${elsewhere}/bin/bigfootbot-video`), `${signal}: the old one is unchanged`);
  }
  const whole = install(prefix);
  t.equal(whole.status, 0, whole.output);
  t.strictSame(changes(before, files()), [], 'complete, without leftovers');

  // An interrupted uninstall: half of it is removed.
  const version = realpathSync(at(elsewhere));
  rmSync(at(elsewhere));
  ran('mv', [version, `${version}.new`]);
  rmSync(`${version}.new/bin`, { recursive: true });
  t.equal(uninstall(prefix, '--purge').status, 0);
  t.strictSame(files(), ['etc/nv_tegra_release']);
});

t.test('a clone that is not built is not installed', t => {
  const clone = mkdtempSync(join(tmpdir(), 'bigfootbot-clone-'));
  t.teardown(() => rmSync(clone, { recursive: true, force: true }));
  ran('cp', ['-r', `${ROOT}deploy`, `${ROOT}package.json`, clone]);
  const { status, output } = ran('sh', [join(clone, 'deploy/install.sh')], { DESTDIR: join(clone, 'system') });
  t.equal(status, 69, output);
  t.match(output, /setup\.sh run/);
  t.notOk(existsSync(join(clone, 'system')));
  t.end();
});

t.test('without root nothing is attempted', { skip: process.getuid?.() === 0 && 'this is root' }, t => {
  t.match(ran('sh', ['deploy/install.sh']), { status: 77, output: /sudo/ });
  t.match(ran('sh', ['deploy/uninstall.sh']), { status: 77, output: /sudo/ });
  t.end();
});

t.test(
  'the secrets of the containers are created once, only for their users',
  { skip: process.getuid?.() !== 0 && 'it needs root' },
  t => {
    const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-secrets-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    ran('cp', ['-r', `${ROOT}deploy/docker`, `${ROOT}deploy/turn`, folder]);
    rmSync(join(folder, 'docker/secrets'), { recursive: true, force: true });
    const make = () => ran('sh', [join(folder, 'docker/secrets.sh')]);
    const read = (name: string) => readFileSync(join(folder, 'docker/secrets', name), 'utf8');
    t.equal(make().status, 0);
    const secret = read('turn-secret');
    t.match(secret, /^[0-9a-f]{64}$/);
    t.match(read('turnserver.conf'), new RegExp(`^static-auth-secret=${secret}$`, 'm'));
    t.notMatch(read('turnserver.conf'), 'CHANGE-ME');
    for (const [name, owner] of [
      ['turn-secret', 10_001],
      ['turnserver.conf', 65_534],
    ] as const) {
      const { mode, uid } = statSync(join(folder, 'docker/secrets', name));
      t.strictSame([mode & 0o777, uid], [0o600, owner], name);
    }
    t.equal(make().status, 0);
    t.equal(read('turn-secret'), secret, 'it stays');
    t.end();
  },
);

t.test('the user of the images is the owner of its secret', t => {
  t.match(source('deploy/docker/Dockerfile'), /--uid 10001 /);
  t.match(source('deploy/docker/secrets.sh'), /^VIDEO=10001 /m);
  t.end();
});
