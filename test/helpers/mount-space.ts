import { spawnSync } from 'node:child_process';

/** Why nothing can be mounted for one process alone; false where it can. */
export const noMounts: string | false =
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' }).status === 0
    ? false
    : 'this user may not mount anything';

/** Starts a program with a small tmpfs mounted on a folder, with a copy of a file on it. @param size as for tmpfs */
export const withDisk = (folder: string, size: string, file: string): string[] =>
  within(`mount -t tmpfs -o size=${size} tmpfs "$1" && cp "$2" "$1/"`, folder, file);

/** Starts a program for which one file has the contents of another. */
export const withFile = (file: string, instead: string): string[] => within('mount --bind "$2" "$1"', file, instead);

const within = (script: string, one: string, two: string): string[] => [
  ...['unshare', '--mount', 'sh', '-c', `${script} && shift 2 && exec "$@"`, 'sh'],
  ...[one, two],
];

/** Runs a command in the mount namespace of a process. */
export function inMountsOf(pid: number, ...command: string[]): void {
  const { status, stderr } = spawnSync('nsenter', ['--target', String(pid), '--mount', ...command], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
}
