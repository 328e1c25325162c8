import { spawn } from 'node:child_process';

/** Why a call failed: `missing`: v4l2-ctl is not installed; `hung`: the driver did not answer in time. */
export type V4l2Fault = 'missing' | 'hung' | 'failed';

export class V4l2Error extends Error {
  readonly fault: V4l2Fault;

  constructor(fault: V4l2Fault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export const INSTALL_V4L2_CTL = 'Install it: sudo apt-get install v4l-utils';

/** A driver answers within milliseconds, a sleeping USB camera within a second. */
const TIMEOUT_MS = 3_000;
/** vivid, which has more formats than any camera, prints 160 kB. */
const MAX_OUTPUT = 1_000_000;
/** Of the error output. */
const MAX_MESSAGE = 300;

/**
 * Runs v4l2-ctl on a device and resolves with its output. As a separate process it keeps a driver that hangs from
 * blocking this one: after the timeout it is killed but not awaited, as a process that hangs in a driver may not exit.
 * @throws V4l2Error
 */
export function v4l2ctl(device: string, args: readonly string[], timeoutMs: number = TIMEOUT_MS): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('v4l2-ctl', ['-d', device, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    const output = { stdout: '', stderr: '' };
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      settle();
    };
    const giveUp = (error: V4l2Error): void => {
      child.kill('SIGKILL');
      finish(() => reject(error));
    };
    const timer = setTimeout(
      () => giveUp(new V4l2Error('hung', `the driver of ${device} did not answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
        if (output[stream].length > MAX_OUTPUT)
          giveUp(new V4l2Error('failed', `v4l2-ctl printed more than ${MAX_OUTPUT} characters about ${device}`));
      });
    }
    child.on('error', (error: NodeJS.ErrnoException) =>
      finish(() =>
        reject(
          error.code === 'ENOENT'
            ? new V4l2Error('missing', 'v4l2-ctl is not installed')
            : new V4l2Error('failed', `v4l2-ctl cannot be started: ${error.message}`),
        ),
      ),
    );
    child.on('close', code =>
      finish(() => {
        if (code === 0) resolve(output.stdout);
        else reject(new V4l2Error('failed', (output.stderr || output.stdout).trim().slice(0, MAX_MESSAGE)));
      }),
    );
  });
}
