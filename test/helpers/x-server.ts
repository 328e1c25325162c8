import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Gst, type Sample } from '../../src/gst/native.js';
import { closePipeline, drainBus, element, parseLaunch } from '../../src/gst/pipeline.js';
import { sleep } from './server.js';

/** Why there is no display to test with; false if there is. */
export const noXvfb: string | false =
  spawnSync('Xvfb', ['-help']).error === undefined ? false : 'Xvfb is not installed';

/** What is on a screen, in shades of grey. */
export interface Shot {
  width: number;
  height: number;
  /** From 0 to 255. */
  at(x: number, y: number): number;
}

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
  return { display, shot: part => shoot(display, part) };
}

async function shoot(
  display: string,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): Promise<Shot> {
  const pipeline = parseLaunch(
    `ximagesrc display-name=${display} num-buffers=1 use-damage=false show-pointer=false startx=${x} starty=${y} endx=${x + width - 1} endy=${y + height - 1} ! videoconvert ! video/x-raw,format=GRAY8 ! fakesink name=out enable-last-sample=true sync=false`,
  );
  pipeline.setState(Gst.State.PLAYING);
  try {
    for (;;) {
      const { error, eos } = drainBus(pipeline);
      if (error) throw new Error(`${error.element}: ${error.message}`);
      if (eos) break;
      await sleep(5);
    }
    const sample = element(pipeline, 'out').lastSample as Sample;
    const buffer = sample.getBuffer();
    const bytes = buffer.extractDup(0, buffer.getSize());
    const stride = bytes.length / height;
    return { width, height, at: (column, row) => bytes[row * stride + column] ?? 0 };
  } finally {
    closePipeline(pipeline);
  }
}
