import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

// The distribution's own: another Python that may be first on PATH does not see its packages.
const PYTHON = '/usr/bin/python3';
const INTEROP = fileURLToPath(new URL('../../../test/interop/', import.meta.url));

/** Why a test of a Python program is skipped: the missing package. False if none is missing. */
export function missing(module: string, name: string): string | false {
  const { status } = spawnSync(PYTHON, ['-c', `import ${module}`], { stdio: 'ignore' });
  return status === 0 ? false : `${name} is not installed`;
}

/** A program of test/interop that reports its events, a line of JSON each. */
export interface PythonProgram {
  stdin: Writable;
  /** Resolves when it has ended and its output has been read. */
  closed: Promise<unknown>;
  /** Throws its error, if it had one. */
  check(): void;
  kill(): void;
}

/**
 * Starts a program; it ends with the test.
 * @param file its path in test/interop
 * @param hear is called with each event, but for "failed"
 */
export function startPython<Event extends { event: string }>(
  t: { teardown(close: () => void): void },
  file: string,
  args: readonly string[],
  hear: (event: Event) => void,
): PythonProgram {
  const child = spawn(PYTHON, ['-B', `${INTEROP}${file}`, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  // It ended during the write: the check says why.
  child.stdin.on('error', () => undefined);
  const complaints: string[] = [];
  let failed = '';
  createInterface({ input: child.stderr }).on('line', line => complaints.push(line));
  createInterface({ input: child.stdout }).on('line', line => {
    const event = JSON.parse(line) as Event | { event: 'failed'; why: string };
    if (isFailure(event)) failed = event.why;
    else hear(event);
  });
  return {
    stdin: child.stdin,
    closed: new Promise(resolve => child.once('close', resolve)),
    check: () => {
      if (failed !== '' || child.exitCode) throw new Error(`${file}: ${failed}\n${complaints.join('\n')}`);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function isFailure(event: { event: string }): event is { event: 'failed'; why: string } {
  return event.event === 'failed';
}
