import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from './server.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** A line of `recv --json`. */
export interface RecvEvent {
  event: string;
  camera?: string;
  [field: string]: unknown;
}

/** The real command in its own process, as a user starts it. */
export interface Recv {
  readonly child: ChildProcess;
  /** Lines of JSON so far; none where stdout is for video and `--json` was not asked for. */
  readonly events: readonly RecvEvent[];
  /** What it wrote to stderr so far. */
  readonly stderr: readonly string[];
  /** Waits for an event, of a camera if one is named. @param count how many to wait for; the last is returned */
  heard(event: string, camera?: string, count?: number): Promise<RecvEvent>;
  /** Figures of the last second. */
  figures(camera: string): RecvEvent;
  /** Process id of the player. */
  player(): number;
  /** Ends it as Ctrl-C does; resolves with the exit code. */
  stop(): Promise<number | null>;
  readonly exited: Promise<number | null>;
}

export interface RecvOptions {
  token?: string;
  /** Of an X server; none without it. */
  display?: string;
  env?: NodeJS.ProcessEnv;
  /** Whether stdout is for video. */
  pipes?: boolean;
}

/** Starts it; it ends with the test. */
export function startRecv(
  t: { teardown(close: () => Promise<unknown>): void },
  words: readonly string[],
  { token, display, env = {}, pipes = false }: RecvOptions = {},
): Recv {
  const { DISPLAY: _, WAYLAND_DISPLAY: __, ...own } = process.env;
  const child = spawn(process.execPath, [MAIN, 'recv', ...words, ...(pipes ? [] : ['--json'])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...own,
      ...(token === undefined ? {} : { BIGFOOTBOT_TOKEN: token }),
      ...(display === undefined ? {} : { DISPLAY: display }),
      ...env,
    },
  });
  const events: RecvEvent[] = [];
  const stderr: string[] = [];
  if (!pipes && child.stdout)
    createInterface({ input: child.stdout }).on('line', line => events.push(JSON.parse(line) as RecvEvent));
  if (child.stderr) createInterface({ input: child.stderr }).on('line', line => stderr.push(line));
  const exited = new Promise<number | null>(resolve => child.once('close', code => resolve(code)));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const isNamed = (event: RecvEvent, name: string, camera?: string): boolean =>
    event.event === name && (camera === undefined || event.camera === camera);
  return {
    child,
    events,
    stderr,
    exited,
    heard: (name, camera, count = 1) =>
      until(
        `recv says "${name}" of ${camera ?? 'a camera'}; it said ${JSON.stringify(events.slice(-3))} ${stderr.join('\n')}`,
        () => {
          const found = events.filter(event => isNamed(event, name, camera))[count - 1];
          if (!found && child.exitCode !== null)
            throw new Error(`recv ended with ${child.exitCode}: ${stderr.join('\n')}`);
          return found;
        },
        60_000,
      ),
    figures: camera => events.findLast(event => isNamed(event, 'figures', camera)) ?? { event: 'none' },
    player: () => childrenOf(child.pid ?? 0)[0] ?? 0,
    stop: () => {
      child.kill('SIGINT');
      return exited;
    },
  };
}

/** The running child processes of a process. */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) === parent;
      } catch {
        // It ended meanwhile.
        return false;
      }
    });
}
