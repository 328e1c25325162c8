import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sleep, startServer, workersOf } from '../test/helpers/server.js';

/** A WHEP server to measure. */
export interface Subject {
  name: string;
  origin: string;
  /** Path of the WHEP endpoint of camera n. */
  endpoint(n: number): string;
  token: string;
  /** The process that sends the first camera's video; `all` has every process of the server. */
  sender: number;
  all(): number[];
  close(): Promise<unknown>;
}

/** This project, with this many test cameras. */
export async function product(cameras = 1): Promise<Subject> {
  const server = await startServer(
    '--log-level',
    'warn',
    ...Array.from({ length: cameras }, (_, i) => ['--camera', `cam${i}=test`]).flat(),
  );
  while ((await server.camera(`cam${cameras - 1}`)).state === 'starting') await sleep(50);
  return {
    name: 'bigfootbot-video',
    origin: server.origin,
    endpoint: n => `/whep/cam${n}`,
    token: server.token,
    sender: server.worker('cam0'),
    all: () => [server.pid, ...workersOf(server.pid).map(worker => worker.pid)],
    close: () => server.close(),
  };
}

/** The lean baseline: see baseline.ts. */
export async function baseline(): Promise<Subject> {
  const port = 9200;
  const child = spawn(
    process.execPath,
    ['--expose-gc', fileURLToPath(new URL('./baseline.js', import.meta.url)), String(port)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (child.stdout) await once(createInterface({ input: child.stdout }), 'line');
  return {
    name: 'bare webrtcbin',
    origin: `http://127.0.0.1:${port}`,
    endpoint: () => '/',
    token: '',
    sender: child.pid ?? 0,
    all: () => [child.pid ?? 0],
    close: async () => child.kill('SIGKILL'),
  };
}
