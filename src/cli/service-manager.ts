import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Health } from '../domain/health.js';
import type { Log } from '../domain/log.js';

/** Maximum time to deliver one message. */
const TIMEOUT_MS = 5_000;
/** Characters of systemd-notify's error text. */
const MAX_MESSAGE = 300;
/** Share of the watchdog's timeout: two messages may be late or lost. */
const WATCHDOG_SHARE = 1 / 3;

/**
 * Reports the server's state to systemd, by the protocol of sd_notify(3). Node has no Unix datagram sockets, and the
 * packages that have them are native code, which this process avoids. So it runs `systemd-notify`, which every machine
 * with systemd has, in the service's own control group: the unit needs `NotifyAccess=all`. Without a service manager it
 * does nothing.
 */
export class ServiceManager {
  readonly #log: Log;
  readonly #env: NodeJS.ProcessEnv | null;
  /** Between two messages to the watchdog; null without one. */
  readonly watchdogMs: number | null;
  #watchdog: NodeJS.Timeout | null = null;
  /** The last message: messages arrive in the order in which they are sent. */
  #last: Promise<void> = Promise.resolve();
  #reportedFault: string | null = null;
  #reportedTrouble: string | null = null;

  /** @param env systemd's variables are removed from it: the children of this process must not see them */
  constructor(env: NodeJS.ProcessEnv, log: Log) {
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, PATH } = env;
    for (const key of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[key];
    this.#log = log;
    this.#env = NOTIFY_SOCKET ? { NOTIFY_SOCKET, PATH } : null;
    const isForUs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid);
    const ms = Number(WATCHDOG_USEC) / 1000;
    this.watchdogMs = this.#env && isForUs && ms > 0 ? ms * WATCHDOG_SHARE : null;
  }

  /** The server is up. @param health read again for each message to the watchdog */
  ready(health: () => Health): Promise<void> {
    if (this.watchdogMs !== null) this.#watchdog ??= setInterval(() => this.#pingWatchdog(health), this.watchdogMs);
    return this.#notify('READY=1', `STATUS=${health().status}`);
  }

  /** The server reloads its configuration; `ready` follows when it is done. */
  reloading(): Promise<void> {
    return this.#notify('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  stopping(): Promise<void> {
    clearInterval(this.#watchdog ?? undefined);
    return this.#notify('STOPPING=1', 'STATUS=stopping');
  }

  /** No ping while something is stuck, so that the service manager restarts the server. */
  #pingWatchdog(health: () => Health): void {
    const { fault, status } = health();
    if (fault !== null) {
      if (fault !== this.#reportedFault) this.#log.error({ fault }, 'watchdog ping withheld');
      this.#reportedFault = fault;
      return;
    }
    this.#reportedFault = null;
    void this.#notify('WATCHDOG=1', `STATUS=${status}`);
  }

  /** Resolves when the message was delivered, or could not be: the server continues either way. */
  #notify(...lines: string[]): Promise<void> {
    const env = this.#env;
    if (!env) return Promise.resolve();
    this.#last = this.#last.then(async () => {
      const trouble = await notify(lines, env);
      if (trouble !== null && trouble !== this.#reportedTrouble)
        this.#log.warn(
          { trouble, remedy: 'Put systemd-notify on the PATH, and set NotifyAccess=all in the unit.' },
          'service manager notification failed',
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
    // Node throws the errors that it does not emit as events, such as no memory for another process.
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
    // Undefined when no file descriptor is left for the pipe; an error follows.
    const stderr: Readable | undefined = child.stderr;
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, MAX_MESSAGE);
    });
    child.on('close', (code, signal) => {
      resolve(code === 0 ? null : said.trim() || `systemd-notify ended with ${code ?? signal}`);
    });
  });
}
