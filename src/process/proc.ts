import { readdir, readFile } from 'node:fs/promises';

/** The kernel's figures of a process (proc(5)). */
export interface ProcessFigures {
  /** Of all its threads, since its start. */
  cpuSeconds: number;
  residentBytes: number;
  fds: number;
  threads: number;
}

/** Unit of CPU time in /proc: USER_HZ, 100 per second on every architecture that Node supports. */
const TICKS_PER_SECOND = 100;

/** Null for a process that has exited, and without /proc. Works for a process that hangs too. */
export async function processFigures(pid: number): Promise<ProcessFigures | null> {
  try {
    const [stat, status, fds] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
      readdir(`/proc/${pid}/fd`),
    ]);
    // After the name, field 2, which may contain any character: utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      residentBytes: 1024 * Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0),
      fds: fds.length,
      threads: Number(/^Threads:\s*(\d+)$/m.exec(status)?.[1] ?? 0),
    };
  } catch {
    return null;
  }
}
