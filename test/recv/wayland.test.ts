// `recv` on a display with one surface: all cameras are composed on it.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { startRecv } from '../helpers/recv.js';
import { startServer, until } from '../helpers/server.js';
import { difference, type Shot, shotOf } from '../helpers/shot.js';

const noWeston: string | false =
  spawnSync('weston', ['--version']).error === undefined ? false : 'weston is not installed';

t.test('two cameras on a Wayland display, both moving', { skip: noWeston }, async t => {
  // The path of a socket must be short.
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-wl-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const env = { XDG_RUNTIME_DIR: folder, WAYLAND_DISPLAY: 'wayland-test' };
  const weston = spawn(
    'weston',
    [
      '--backend=headless-backend.so',
      '--use-pixman',
      '--width=1400',
      '--height=600',
      '--debug',
      `--socket=${env.WAYLAND_DISPLAY}`,
    ],
    { env: { ...process.env, ...env }, stdio: 'ignore' },
  );
  t.teardown(() => weston.kill('SIGKILL'));
  const server = await startServer('--camera', 'left=test', '--camera', 'right=test');
  t.teardown(() => server.close());
  await until('the display is there', () => existsSync(join(folder, env.WAYLAND_DISPLAY)));
  const recv = startRecv(t, [server.origin], { token: server.token, env });
  await Promise.all([recv.heard('frame', 'left'), recv.heard('frame', 'right')]);
  t.match(await recv.heard('prepared'), { sink: 'waylandsink' });

  let shots = 0;
  const shoot = async (): Promise<Shot> => {
    spawnSync('weston-screenshooter', { cwd: folder, env: { ...process.env, ...env } });
    const files = readdirSync(folder).filter(name => name.endsWith('.png'));
    // Its file names have a resolution of a second: a second one within it overwrites the first.
    if (files.length === 0) throw new Error('weston takes no screenshot');
    shots++;
    return shotOf('filesrc name=source ! pngdec', source => {
      source.location = join(folder, files.sort().at(-1) ?? '');
    });
  };
  const first = await shoot();
  // Wherever weston has put the window: the halves of the moving area are the two cameras.
  await until('both move', async () => {
    const now = await shoot();
    const columns = Array.from({ length: 14 }, (_, i) =>
      difference(first, now, { x: i * 100, y: 100, width: 100, height: 400 }),
    );
    const moving = columns.flatMap((pixels, i) => (pixels > 50 ? [i] : []));
    return (moving.at(-1) ?? 0) - (moving[0] ?? 0) >= 9 && moving.length >= 8;
  });
  t.comment(`${shots} screenshots`);
  t.equal(await recv.stop(), 0);
});
