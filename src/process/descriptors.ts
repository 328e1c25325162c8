import { readdirSync, readFileSync } from 'node:fs';

/** How many files and connections this process may have open at once, and how many of them are left. Null where it is not known. */
export function descriptors(): { limit: number; free: number } | null {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined
      ? null
      : { limit: Number(soft), free: Number(soft) - readdirSync('/proc/self/fd').length };
  } catch (error) {
    // It takes one to look.
    return (error as NodeJS.ErrnoException).code === 'EMFILE' ? { limit: 0, free: 0 } : null;
  }
}
