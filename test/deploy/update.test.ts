// An install over an existing one: a running program, and files of root.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { changes, makeSystem, PREFIX, VERSIONS } from '../helpers/install.js';
import { noMounts } from '../helpers/mount-space.js';
import { ran } from '../helpers/programs.js';
import { until, workersOf } from '../helpers/server.js';

/** The file of a process's native code, by its inode: another version may have the same name. */
function addonOf(pid: number): string | undefined {
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
  return /^.* (\S+:\S+ \d+) .*node_gtk\.node/m.exec(maps)?.[1];
}

/** A process whose command line shows a program; runs until the end of the test. */
function runs(t: Test, program: string) {
  const child = spawn('node', ['-e', 'setInterval(() => {}, 1000)', program]);
  const exited = new Promise(resolve => child.once('exit', resolve));
  t.teardown(() => child.kill());
  return {
    end: async () => {
      child.kill();
      await exited;
    },
  };
}

t.test('a running server keeps its version after an update; it is removed when it is no longer in use', async t => {
  const { at, install } = makeSystem(t);
  t.equal(install().status, 0);
  const words = ['serve', '--camera', 'a=test', '--port', '0', '--json', '--state-dir', at('/state')];
  const server = spawn('node', [realpathSync(at(`${PREFIX}/dist/src/main.js`)), ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = new Promise(resolve => server.once('exit', resolve));
  t.teardown(() => server.kill('SIGKILL'));
  await new Promise(resolve => server.stdout.once('data', resolve));
  const worker = () => workersOf(server.pid ?? 0).find(({ camera }) => camera === 'a')?.pid;
  const first = await until('its camera has a process', worker);
  const addon = await until('it is ready', () => addonOf(first));
  t.equal(install().status, 0);
  process.kill(first, 'SIGKILL');
  const second = await until('it has another', () => (worker() === first ? undefined : worker()));
  t.equal(await until('it is ready', () => addonOf(second)), addon, 'of the same version');
  t.equal(readdirSync(at(VERSIONS)).length, 2);
  server.kill('SIGTERM');
  t.equal(await exited, 0);
  t.equal(install().status, 0);
  t.equal(readdirSync(at(VERSIONS)).length, 1, 'the old ones are removed');
});

t.test('over an older layout, with the program in the folder itself', async t => {
  const { at, install, uninstall, has, files } = makeSystem(t);
  t.equal(install().status, 0);
  const before = files();
  const makeOld = (to: string): void => {
    const version = realpathSync(at(PREFIX));
    rmSync(at(PREFIX));
    ran('mv', [version, at(to)]);
    rmSync(at(VERSIONS), { recursive: true });
  };
  makeOld(PREFIX);
  const running = runs(t, at(`${PREFIX}/dist/src/main.js`));
  const refused = install();
  t.equal(refused.status, 1, 'its children would be of the new version');
  t.match(refused.output, /a program runs from .*end it first/);
  t.ok(has(`${PREFIX}/bin/bigfootbot-video`));
  await running.end();
  t.equal(install().status, 0);
  t.strictSame(changes(before, files()), []);
  // The state between two renames.
  makeOld(`${PREFIX}.old`);
  t.equal(install().status, 0);
  t.strictSame(changes(before, files()), []);
  makeOld(PREFIX);
  t.equal(uninstall('--purge').status, 0);
  t.strictSame(files(), []);
});

/**
 * Runs a script as on its own machine: with a copy of /etc, and nothing else of what install.sh writes to.
 * ROOT is where its files are afterwards.
 */
function onSeparateMachine(t: Test, script: string) {
  const root = mkdtempSync(join(tmpdir(), 'bigfootbot-machine-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const mounts = `set -eu
cp -a /etc "$0/etc"
mkdir "$0/opt" "$0/bin" "$0/lib"
mount --bind "$0/etc" /etc
mount --bind "$0/opt" /opt
mount --bind "$0/bin" /usr/local/bin
mount --bind "$0/lib" /var/lib
mount -t tmpfs tmpfs /run
`;
  return ran('unshare', ['--mount', 'sh', '-c', mounts + script, root]);
}

t.test(
  'a failed update of a running service keeps the old program, and restarts the service',
  { skip: noMounts },
  t => {
    const { output } = onSeparateMachine(
      t,
      `install() { PATH="$0/stubs:$PATH" sh deploy/install.sh >"$0/said" 2>&1 && echo installed || { echo failed; tail -n 1 "$0/said"; }; }
mkdir -p /run/systemd/system "$0/stubs"
ln -s /bin/true "$0/stubs/udevadm"
cat >"$0/stubs/systemctl" <<'END'
#!/bin/sh
case $* in *is-active* | daemon-reload | enable*) ;; *) echo "$*; $(readlink /opt/bigfootbot-video || ls /opt/bigfootbot-video)" ;; esac >>"\${0%/*}/../asked"
END
cat >"$0/stubs/mv" <<'END'
#!/bin/sh
[ "$1" != -T ] || { echo 'mv: no'; exit 1; }
exec /bin/mv "$@"
END
chmod 755 "$0/stubs/mv" "$0/stubs/systemctl"
mkdir -p /opt/bigfootbot-video/bin
touch /opt/bigfootbot-video/bin/bigfootbot-video
# Of another installation, whose path ends as this one's: it is none of ours.
node -e 'setInterval(() => {}, 1000)' /elsewhere/opt/bigfootbot-video/dist/src/main.js & bystander=$!
install
rm "$0/stubs/mv"
node -e 'setInterval(() => {}, 1000)' /opt/bigfootbot-video/dist/src/main.js & other=$!
until grep -qs dist/src/main.js /proc/$other/cmdline; do sleep 0.1; done
install
kill $other
wait $other || true
install
kill $bystander
cat "$0/asked"
`,
    );
    const id = 'bigfootbot-video';
    t.match(
      output.trim().split('\n'),
      [
        'failed',
        'mv: no',
        'failed',
        /a program runs from .* beside the service/,
        'installed',
        `stop ${id}; bin`,
        `start ${id}; bin`,
        `stop ${id}; bin`,
        `start ${id}; bin`,
        `stop ${id}; bin`,
        new RegExp(`^restart ${id}; ${id}\\.versions/`),
      ],
      output,
    );
    t.end();
  },
);

t.test('concurrent installs from two clones run one after the other', async t => {
  const { at, install } = makeSystem(t);
  mkdirSync(at('/opt'), { recursive: true });
  const holder = spawn('flock', [at('/opt'), '-c', 'echo held; read end'], { stdio: ['pipe', 'pipe', 'ignore'] });
  await new Promise(resolve => holder.stdout.once('data', resolve));
  // It would wait for a minute.
  const waiting = spawn('sh', ['deploy/uninstall.sh'], { env: { ...process.env, DESTDIR: at('') }, stdio: 'ignore' });
  const exited = new Promise(resolve => waiting.once('exit', resolve));
  const children = () => readFileSync(`/proc/${waiting.pid}/task/${waiting.pid}/children`, 'utf8').trim().split(' ');
  const waits = (pid: string) => /^flock\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  await until('it waits', () => {
    try {
      return children().some(waits) || undefined;
    } catch {
      return undefined;
    }
  });
  t.equal(waiting.exitCode, null);
  holder.stdin.end();
  t.equal(await exited, 0);
  t.equal(install('--dry-run').status, 0);
});

t.test('the service owns its configuration, but no file of root that was put in its place', { skip: noMounts }, t => {
  const { status, output } = onSeparateMachine(
    t,
    `install() { sh deploy/install.sh 2>&1 | grep owner || true; }
owner() { printf '%s ' "$1:"; stat -L -c %U "$1"; }
config=/etc/bigfootbot-video
install
owner $config
owner $config/config.yaml
chown root $config/config.yaml
install
owner $config/config.yaml
echo secret >/etc/of-root
chmod 600 /etc/of-root
ln -sf /etc/of-root $config/config.yaml
install
owner /etc/of-root
ln -f /etc/of-root $config/config.yaml
install
owner /etc/of-root
rm $config/config.yaml
mkfifo $config/config.yaml
install
rm $config/config.yaml
ln -s /etc/not-there $config/config.yaml
install
ls /etc/not-there 2>&1
`,
  );
  t.equal(status, 2, output);
  const refused =
    'install.sh: /etc/bigfootbot-video/config.yaml is not a regular file with a single link: its owner is unchanged';
  t.strictSame(output.trim().split('\n'), [
    '/etc/bigfootbot-video: bigfootbot-video',
    '/etc/bigfootbot-video/config.yaml: bigfootbot-video',
    '/etc/bigfootbot-video/config.yaml: bigfootbot-video',
    refused,
    '/etc/of-root: root',
    refused,
    '/etc/of-root: root',
    refused,
    refused,
    "ls: cannot access '/etc/not-there': No such file or directory",
  ]);
  t.end();
});
