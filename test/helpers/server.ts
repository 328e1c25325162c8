import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Camera, Session } from '../../src/domain/contract.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** The real server in its own process, as a user starts it. */
export interface TestServer {
  origin: string;
  port: number;
  token: string;
  pid: number;
  /** Lines of the log so far, read as JSON where they are. */
  log: string[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
  camera(id: string): Promise<Camera>;
  sessions(state?: 'active' | 'ended' | 'all'): Promise<Session[]>;
  /** Process id of a camera's worker, or (`bundles`) of the process for multi-camera connections. */
  worker(camera: string): number;
  close(): Promise<number | null>;
}

/** Starts it and waits until no camera is starting, as one that is refuses its first viewers after 4 s. */
export async function startServer(...args: string[]): Promise<TestServer> {
  const server = await startServerUnder([], ...args);
  // A self-signed certificate is not trusted.
  if (server.origin.startsWith('https:')) return server;
  const states = async (): Promise<string[]> =>
    ((await (await server.fetch('/api/v1/cameras')).json()) as { items: Camera[] }).items.map(({ state }) => state);
  try {
    await until('no camera is being started', async () => !(await states()).includes('starting'), 60_000);
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

/** A server that is started through another command that execs it, as `prlimit` does; waits for no camera. */
export async function startServerUnder(command: readonly string[], ...args: string[]): Promise<TestServer> {
  const stateDir = mkdtempSync(join(tmpdir(), 'bigfootbot-video-test-'));
  const [program = '', ...words] = [...command, process.execPath];
  const child = spawn(
    program,
    [...words, MAIN, '--port', '0', '--json', '--state-dir', stateDir, '--log-level', 'debug', ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', line => log.push(line));
  const exited = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)));
  const first = await Promise.race([
    firstLine(child),
    exited.then(code => Promise.reject(new Error(`exit ${code}: ${log.join('\n')}`))),
  ]);
  const { port, token, url } = JSON.parse(first) as { port: number; token: string; url: string };
  const { origin } = new URL(url);
  const fetchHere: TestServer['fetch'] = (path, init = {}) =>
    fetch(new URL(path, origin), { ...init, headers: { Authorization: `Bearer ${token}`, ...init.headers } });
  return {
    origin,
    port,
    token,
    pid: child.pid ?? 0,
    log,
    fetch: fetchHere,
    camera: async id => (await (await fetchHere(`/api/v1/cameras/${id}`)).json()) as Camera,
    sessions: async (state = 'active') =>
      ((await (await fetchHere(`/api/v1/sessions?state=${state}`)).json()) as { items: Session[] }).items,
    worker: camera => workersOf(child.pid ?? 0).find(worker => worker.camera === camera)?.pid ?? 0,
    close: async () => {
      child.kill('SIGTERM');
      const code = await exited;
      rmSync(stateDir, { recursive: true, force: true });
      return code;
    },
  };
}

/** A server whose cameras stay open once opened, so that its resources can be compared; closed when the test ends. */
export async function lingering(
  t: { teardown(close: () => Promise<unknown>): void },
  ...args: string[]
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-video-test-'));
  const config = join(folder, 'config.yaml');
  writeFileSync(config, 'limits: { linger: 3600 }\n');
  const server = await startServer('--config', config, ...args);
  rmSync(folder, { recursive: true });
  t.teardown(() => server.close());
  return server;
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    if (child.stdout) createInterface({ input: child.stdout }).once('line', resolve);
  });
}

/** The workers of a server, found by their command lines; that of multi-camera connections is called `bundles`. */
export function workersOf(parent: number): { pid: number; camera: string }[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const ppid = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]);
        const camera = /bigfootbot-video: (?:camera )?(\S+)/.exec(
          readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '),
        )?.[1];
        return ppid === parent && camera ? [{ pid: Number(name), camera }] : [];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
}

/** Threads and file descriptors of a process; `sockets` of the latter. */
export function resourcesOf(pid: number): { threads: number; fds: number; sockets: number; rssMb: number } {
  const fds = readdirSync(`/proc/${pid}/fd`);
  const sockets = fds.filter(fd => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  });
  const rssKb = Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return {
    threads: readdirSync(`/proc/${pid}/task`).length,
    fds: fds.length,
    sockets: sockets.length,
    rssMb: rssKb / 1000,
  };
}

/** Seconds of CPU that all threads of a process have used (schedstat: to the ns). */
export function cpuSeconds(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    try {
      return sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
    } catch {
      return sum;
    }
  }, 0);
}

/** Waits for a condition; fails with its name after a timeout, which is long: the machine may be busy. */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | undefined | null> | T | false | undefined | null,
  timeoutMs = 30_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`after ${timeoutMs} ms still not: ${what}`);
    await sleep(20);
  }
}

export const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
