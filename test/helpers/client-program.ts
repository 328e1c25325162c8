import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
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

/** A decoder for a client that has none: takes RTP packets and counts what a person would have seen. */
export function startDecoder(
  t: { teardown(close: () => void): void },
  codec: string,
  payloadType: number,
): { take(packet: Buffer): void; seen(): Promise<Seen> } {
  const program = run(t, 'decode.py', codec, String(payloadType));
  return {
    take: packet => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(packet.length);
      program.stdin.write(Buffer.concat([length, packet]));
    },
    seen: program.seen,
  };
}

/** Starts a client. What goes wrong in it is said when it is asked next. */
export function startProgram(
  t: { teardown(close: () => void): void },
  file: string,
  what: 'watch' | 'publish',
  url: string,
  token: string,
  ...more: string[]
): ClientProgram {
  const program = run(t, file, what, url, '--token', token, ...more);
  return {
    negotiated: () => ({ offer: program.said.offer ?? '', answer: program.said.answered ?? '' }),
    seen: program.seen,
    leave: async () => {
      program.check();
      program.stdin.write('leave\n');
      await program.closed;
      program.check();
      return program.said.left ?? 0;
    },
    vanish: program.kill,
  };
}

interface Said {
  offer?: string;
  answered?: string;
  left?: number;
}

/** Runs a client and keeps what it says. */
function run(
  t: { teardown(close: () => void): void },
  file: string,
  ...more: string[]
): {
  stdin: Writable;
  said: Readonly<Said>;
  closed: Promise<unknown>;
  seen(): Promise<Seen>;
  check(): void;
  kill(): void;
} {
  const child = spawn(PYTHON, ['-B', `${CLIENTS}${file}`, ...more], { stdio: ['pipe', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  // It ended while it was written to: the check says why.
  child.stdin.on('error', () => undefined);
  const complaints: string[] = [];
  const said: Said = {};
  let seen: Seen = { pictures: 0, changes: 0, contrast: 0, width: 0, height: 0 };
  let failed = '';
  createInterface({ input: child.stderr }).on('line', line => complaints.push(line));
  createInterface({ input: child.stdout }).on('line', line => {
    const event = JSON.parse(line) as Event;
    if (event.event === 'seen') seen = event;
    else if (event.event === 'left') said.left = event.status;
    else if (event.event === 'failed') failed = event.why;
    else said[event.event] = event.sdp;
  });
  const closed = new Promise(resolve => child.once('close', resolve));
  const check = (): void => {
    if (failed !== '' || child.exitCode) throw new Error(`${file}: ${failed}\n${complaints.join('\n')}`);
  };
  return {
    stdin: child.stdin,
    said,
    closed,
    check,
    seen: async () => {
      check();
      return seen;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
