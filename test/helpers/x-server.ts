import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type Shot, shotOf } from './shot.js';

/** Why there is no display to test with; false if there is. */
export const noXvfb: string | false =
  spawnSync('Xvfb', ['-help']).error === undefined ? false : 'Xvfb is not installed';

export interface XServer {
  /** As DISPLAY has it. */
  display: string;
  /** A part of what is on the screen. */
  shot(part: { x: number; y: number; width: number; height: number }): Promise<Shot>;
}

/** A real X server without a monitor; it ends with the test. */
export async function startXServer(t: { teardown(close: () => Promise<void>): void }): Promise<XServer> {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [number] = (await once(child.stdio[3] as NodeJS.ReadableStream, 'data')) as [Buffer];
  const display = `:${String(number).trim()}`;
  return {
    display,
    shot: ({ x, y, width, height }) =>
      shotOf(
        `ximagesrc name=source display-name=${display} num-buffers=1 use-damage=false show-pointer=false startx=${x} starty=${y} endx=${x + width - 1} endy=${y + height - 1}`,
      ),
  };
}
