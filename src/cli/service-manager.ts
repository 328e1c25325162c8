import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Health } from '../domain/health.js';
import type { Log } from '../domain/log.js';

/** For one message to be taken, at the most. */
const TIMEOUT_MS = 5_000;
/** Of what the program says of a failure. */
const MAX_MESSAGE = 300;
/** Of the watchdog's time: two messages may come late or get lost. */
const WATCHDOG_SHARE = 1 / 3;

/**
 * Tells systemd how the server is, by the protocol of sd_notify(3). Node has no Unix datagram sockets, and the packages that
 * have them are native code, of which this process is to be free. So it goes by `systemd-notify`, which every machine with
 * systemd has, in the service's own control group: the unit needs `NotifyAccess=all`. Where no service manager listens it
 * does nothing.
 */
export class ServiceManager {
  readonly #log: Log;
  readonly #env: NodeJS.ProcessEnv | null;
  /** Between two messages to the watchdog; null where there is none. */
  readonly watchdogMs: number | null;
  #watchdog: NodeJS.Timeout | null = null;
  /** They arrive in the order in which they are sent. */
  #last: Promise<void> = Promise.resolve();
  #reportedFault: string | null = null;
  #reportedTrouble: string | null = null;

  /** @param env what systemd has put there is taken out: it is not for the children of this process */
  constructor(env: NodeJS.ProcessEnv, log: Log) {
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, PATH } = env;
    for (const key of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[key];
    this.#log = log;
    this.#env = NOTIFY_SOCKET ? { NOTIFY_SOCKET, PATH } : null;
    const isForUs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid);
    const ms = Number(WATCHDOG_USEC) / 1000;
    this.watchdogMs = this.#env && isForUs && ms > 0 ? ms * WATCHDOG_SHARE : null;
  }

  /** The server does what it is for. @param look how it is, asked again for each message to the watchdog */
  ready(look: () => Health): Promise<void> {
    if (this.watchdogMs !== null) this.#watchdog ??= setInterval(() => this.#pingWatchdog(look), this.watchdogMs);
    return this.#notify('READY=1', `STATUS=${look().status}`);
  }

  /** It reads its configuration anew; `ready` says that it has done so. */
  reloading(): Promise<void> {
    return this.#notify('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  stopping(): Promise<void> {
    clearInterval(this.#watchdog ?? undefined);
    return this.#notify('STOPPING=1', 'STATUS=stopping');
  }

  /** The watchdog goes hungry while something stands still, and the service manager starts the server anew. */
  #pingWatchdog(look: () => Health): void {
    const { fault, status } = look();
    if (fault !== null) {
      if (fault !== this.#reportedFault) this.#log.error({ fault }, 'the watchdog is not fed');
      this.#reportedFault = fault;
      return;
    }
    this.#reportedFault = null;
    void this.#notify('WATCHDOG=1', `STATUS=${status}`);
  }

  /** Resolves when the message was taken, or could not be delivered: the server goes on either way. */
  #notify(...lines: string[]): Promise<void> {
    const env = this.#env;
    if (!env) return Promise.resolve();
    this.#last = this.#last.then(async () => {
      const trouble = await notify(lines, env);
      if (trouble !== null && trouble !== this.#reportedTrouble)
        this.#log.warn(
          { trouble, remedy: 'Have systemd-notify on the PATH, and NotifyAccess=all in the unit.' },
          'the service manager could not be told',
        );
      this.#reportedTrouble = trouble;
    });
    return this.#last;
  }
}

/** Resolves with what went wrong, or null; it never rejects. */
async function notify(lines: readonly string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    return await run(lines, env);
  } catch (error) {
    // Node throws what it does not tell as an event, as where there is no memory for another process.
    return (error as Error).message;
  }
}

function run(lines: readonly string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('systemd-notify', lines, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env,
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    child.on('error', reject);
    let said = '';
    // Without descriptors for a pipe there is none, and an error follows.
    const stderr: Readable | undefined = child.stderr;
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, MAX_MESSAGE);
    });
    child.on('close', (code, signal) => {
      resolve(code === 0 ? null : said.trim() || `systemd-notify ended with ${code ?? signal}`);
    });
  });
}
