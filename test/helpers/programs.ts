import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the sources, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A file of the sources. */
export const source = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');

export interface Ran {
  status: number | null;
  /** stdout and stderr. */
  output: string;
}

/** Runs a program to its end, in the folder of the sources. */
export function ran(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 120_000,
  });
  if (error) throw error;
  return { status, output: stdout + stderr };
}

/** Why a test that needs a program is skipped; false if it is there. */
export function lacks(program: string, args: readonly string[] = ['--version']): string | false {
  return spawnSync(program, args, { stdio: 'ignore' }).error === undefined ? false : `${program} is not installed`;
}
