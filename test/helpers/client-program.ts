import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Client, Seen } from './seen.js';

// The distribution's own: its packages are not to be seen from another Python that may be first on PATH.
const PYTHON = '/usr/bin/python3';
const CLIENTS = fileURLToPath(new URL('../../../test/interop/clients/', import.meta.url));

/** Why a test of a Python client is skipped: the package that is missing. False if nothing is. */
export function missing(module: string, name: string): string | false {
  const { status } = spawnSync(PYTHON, ['-c', `import ${module}`], { stdio: 'ignore' });
  return status === 0 ? false : `${name} is not installed`;
}

/** A program of test/interop/clients. */
export interface ClientProgram extends Client {
  /** Its offer and the answer to it. */
  negotiated(): { offer: string; answer: string };
  /** It goes without a word. */
  vanish(): void;
  /** Leaves; the status of its DELETE. */
  leave(): Promise<number>;
}

type Event =
  | { event: 'offer' | 'answered'; sdp: string }
  | ({ event: 'seen' } & Seen)
  | { event: 'left'; status: number }
  | { event: 'failed'; why: string };

/** Starts a client. What goes wrong in it is said when it is asked next. */
export function startProgram(
  t: { teardown(close: () => void): void },
  file: string,
  what: 'watch' | 'publish',
  url: string,
  token: string,
  ...more: string[]
): ClientProgram {
  const child = spawn(PYTHON, ['-B', `${CLIENTS}${file}`, what, url, '--token', token, ...more], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const said: string[] = [];
  let seen: Seen = { pictures: 0, changes: 0, contrast: 0, width: 0, height: 0 };
  let offer = '';
  let answer = '';
  let left = 0;
  let failed = '';
  createInterface({ input: child.stderr }).on('line', line => said.push(line));
  createInterface({ input: child.stdout }).on('line', line => {
    const event = JSON.parse(line) as Event;
    if (event.event === 'seen') seen = event;
    else if (event.event === 'left') left = event.status;
    else if (event.event === 'failed') failed = event.why;
    else if (event.event === 'offer') offer = event.sdp;
    else answer = event.sdp;
  });
  const closed = new Promise<number | null>(resolve => child.once('close', code => resolve(code)));
  const check = (): void => {
    if (failed !== '' || child.exitCode) throw new Error(`${file}: ${failed}\n${said.join('\n')}`);
  };
  return {
    negotiated: () => ({ offer, answer }),
    seen: async () => {
      check();
      return seen;
    },
    leave: async () => {
      check();
      child.stdin.write('leave\n');
      await closed;
      check();
      return left;
    },
    vanish: () => void child.kill('SIGKILL'),
  };
}
