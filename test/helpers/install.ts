import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { ran } from './programs.js';

export const PREFIX = '/opt/bigfootbot-video';
export const VERSIONS = `${PREFIX}.versions`;

/** A root folder to install into; its files by their paths there. */
export function makeSystem(t: Test) {
  const root = mkdtempSync(join(tmpdir(), 'bigfootbot-install-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const script = (name: string, args: readonly string[]) =>
    ran('sh', [`deploy/${name}.sh`, ...args], { DESTDIR: root });
  return {
    root,
    at: (path: string) => join(root, path),
    install: (...args: string[]) => script('install', args),
    uninstall: (...args: string[]) => script('uninstall', args),
    has: (path: string) => existsSync(join(root, path)),
    /** Every file and link, in order, without version numbers. */
    files: () =>
      (readdirSync(root, { recursive: true }) as string[])
        .filter(path => !isFolder(join(root, path)))
        .map(path => path.replace(/(\.versions)\/[^/]+/, '$1/N'))
        .sort(),
  };
}

/** Files added and removed, of some thousand. */
export const changes = (before: readonly string[], after: readonly string[]): string[] => [
  ...after.filter(path => !before.includes(path)).map(path => `+${path}`),
  ...before.filter(path => !after.includes(path)).map(path => `-${path}`),
];

/** A link counts as itself, whatever its target. */
const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
