import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { until } from './server.js';
import { type Shot, shotOf } from './shot.js';

/** Why there is no display to test with; false if there is. */
export const noXvfb: string | false =
  spawnSync('Xvfb', ['-help']).error === undefined ? false : 'Xvfb is not installed';

export interface XServer {
  /** The value of DISPLAY. */
  display: string;
  /** A part of the screen. */
  shot(part: { x: number; y: number; width: number; height: number }): Promise<Shot>;
  /** Asks a window to close, as its close button does; resolves with the number of windows before. */
  closeWindow(): Promise<number>;
}

/** The part of the X11 client that is used here; see src/receiver/player/x-client.ts. */
interface Client {
  QueryTree(id: number, done: (error: Error | null, tree: { children: number[] }) => void): void;
  InternAtom(onlyIfExists: boolean, name: string, done: (error: Error | null, atom: number) => void): void;
  SendClientMessage(to: number, about: number, type: number, format: number, data: number[], mask: number): void;
  close(): void;
}

interface Connected {
  client: Client;
  screen: { root: number }[];
}

function connect(display: string): Promise<Connected> {
  const x11 = createRequire(import.meta.url)('x11') as {
    createClient(options: { display: string }, done: (error: Error | null, connected: Connected) => void): void;
  };
  return promised<Connected>(done => x11.createClient({ display }, done));
}

async function closeOne(display: string): Promise<number> {
  const { client, screen } = await connect(display);
  const { children } = await promised<{ children: number[] }>(done => client.QueryTree(screen[0]?.root ?? 0, done));
  const atoms = await Promise.all(
    ['WM_PROTOCOLS', 'WM_DELETE_WINDOW'].map(name => promised<number>(done => client.InternAtom(false, name, done))),
  );
  const [window = 0] = children;
  client.SendClientMessage(window, window, atoms[0] ?? 0, 32, [atoms[1] ?? 0, 0, 0, 0, 0], 0);
  // Behind the message.
  await promised<object>(done => client.QueryTree(screen[0]?.root ?? 0, done));
  client.close();
  return children.length;
}

function promised<T>(call: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
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
  // It prints its display before it accepts clients.
  await until('the X server accepts clients', async () => {
    const connected = await connect(display).catch(() => null);
    connected?.client.close();
    return connected !== null;
  });
  return {
    display,
    closeWindow: () => closeOne(display),
    shot: ({ x, y, width, height }) =>
      shotOf(
        `ximagesrc name=source display-name=${display} num-buffers=1 use-damage=false show-pointer=false startx=${x} starty=${y} endx=${x + width - 1} endy=${y + height - 1}`,
      ),
  };
}
