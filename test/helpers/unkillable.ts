import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

// PTRACE_SEIZE with PTRACE_O_TRACEEXIT, then PTRACE_INTERRUPT: the process stops at once, and when it is killed it
// stops in exit, with all its files open, until its tracer detaches. To its parent that looks like state D.
const PRELUDE = `
import ctypes, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
def hold(pid):
    for request, data in ((0x4206, 0x40), (0x4207, 0)):
        if libc.ptrace(request, pid, 0, data) != 0:
            sys.exit(os.strerror(ctypes.get_errno()))
`;
const TRACER = `${PRELUDE}
hold(int(sys.argv[1]))
print('held', flush=True)
sys.stdin.read()
`;
// Like a worker, the child is traced by a process that is not its parent.
const TRIAL = `${PRELUDE}
child = os.fork()
if child == 0:
    time.sleep(60)
    os._exit(0)
tracer = os.fork()
if tracer == 0:
    hold(child)
    os._exit(0)
_, status = os.waitpid(tracer, 0)
os.kill(child, 9)
sys.exit(status != 0)
`;
const PYTHON = '/usr/bin/python3';

/** Why no process can be held here; false if one can. */
export function cannotHold(): string | false {
  const { status } = spawnSync(PYTHON, ['-c', TRIAL], { stdio: 'ignore' });
  return status === 0 ? false : 'no process may be traced here (ptrace), or there is no Python';
}

/** Makes a process hang so that SIGKILL does not end it. @returns releases it: it continues, or dies if killed */
export async function makeUnkillable(
  t: { teardown(release: () => Promise<unknown>): void },
  pid: number,
): Promise<() => Promise<void>> {
  const tracer = spawn(PYTHON, ['-c', TRACER, String(pid)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(tracer, 'exit');
  const release = async (): Promise<void> => {
    tracer.kill('SIGKILL');
    await exited;
  };
  t.teardown(release);
  const said = await Promise.race([once(tracer.stdout, 'data'), once(tracer.stderr, 'data')]);
  if (!String(said[0]).startsWith('held')) throw new Error(`process ${pid} cannot be held: ${said[0]}`);
  return release;
}
