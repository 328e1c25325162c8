import { readdirSync, readFileSync } from 'node:fs';

/** The limit of open files and connections of this process, and how many are free. Null if unknown. */
export function descriptors(): { limit: number; free: number } | null {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined
      ? null
      : { limit: Number(soft), free: Number(soft) - readdirSync('/proc/self/fd').length };
  } catch (error) {
    // Reading the list needs a descriptor itself.
    return (error as NodeJS.ErrnoException).code === 'EMFILE' ? { limit: 0, free: 0 } : null;
  }
}
