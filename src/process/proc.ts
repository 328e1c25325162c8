import { readdir, readFile } from 'node:fs/promises';

/** What the kernel knows of a process (proc(5)). */
export interface ProcessFigures {
  /** Of all its threads, since it began. */
  cpuSeconds: number;
  residentBytes: number;
  fds: number;
  threads: number;
}

/** What the kernel counts CPU time in for programs: USER_HZ, 100 a second on each architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Null for a process that is gone, and where there is no /proc. It need not do anything itself: one that hangs is seen too. */
export async function processFigures(pid: number): Promise<ProcessFigures | null> {
  try {
    const [stat, status, fds] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
      readdir(`/proc/${pid}/fd`),
    ]);
    // Behind the name, which may have anything in it: utime and stime are fields 14 and 15, the name is the second.
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
