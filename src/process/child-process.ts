import { fork, type ChildProcess as NodeChildProcess } from 'node:child_process';
import type { Log } from '../domain/log.js';
import { redact } from '../domain/source.js';
import { readLimitedLines } from './limited-lines.js';

/** Messages to every child, besides its own. */
type ToEveryChild = { type: 'ping'; sequence: number } | { type: 'close' };
/** Messages from every child, besides its own. */
type FromChild = { type: string };

export interface ChildProcessOptions<From extends FromChild> {
  /** The JavaScript program. */
  entry: string;
  args: readonly string[];
  /** The message, if it is one of the child's; else null. */
  check(data: unknown): From | null;
  /** Receives all messages but `ready` and `pong`. */
  onMessage(message: From): void;
  log: Log;
  times?: ChildTimes;
  /** Whether the child inherits stdout; otherwise its output is discarded. */
  inheritStdout?: boolean;
}

export interface ChildTimes {
  /** Timeout for `ready`; null for a child that never sends it. */
  readyMs: number | null;
  pingMs: number;
  /** Timeout without a `pong`: its JavaScript thread hangs, likely in a driver, and it is killed. */
  hungMs: number;
  /** Timeout of a worker that was asked to close. */
  closeMs: number;
  /** Timeout of a killed process. The kernel ends it at once, unless it hangs in the kernel itself. */
  goneMs: number;
}

export const CHILD_TIMES: ChildTimes = {
  readyMs: 30_000,
  pingMs: 2_000,
  hungMs: 5_000,
  closeMs: 1_500,
  goneMs: 2_000,
};

/** The end of a process, for its users. */
export interface Gone {
  /** In words. */
  reason: string;
  /**
   * It was killed but still exists: it hangs in the kernel (state D), most likely in a driver, and keeps its files and
   * devices open until the kernel ends it.
   */
  isStuck: boolean;
}

/** A process, for its supervisor. */
export interface Child<To, From extends FromChild> {
  readonly pid: number | undefined;
  /** Resolves with its `ready` message; rejects if it ends or takes too long. */
  readonly ready: Promise<Extract<From, { type: 'ready' }>>;
  /** Resolves when it is over for its users, whether the kernel has ended it or not; never rejects. */
  readonly gone: Promise<Gone>;
  /** Resolves when the process no longer exists; never rejects. */
  readonly exited: Promise<void>;
  /** Sends a message; dropped if the process is gone, as `gone` reports that. */
  send(message: To): void;
  /** ms since its last message. */
  silenceMs(): number;
  /**
   * Whether this process still supervises it: waits for `ready`, or pings it. Not whether it answers: if it does not,
   * it
   * is killed.
   */
  isWatched(): boolean;
  kill(reason: string): void;
  /** Asks it to end, and kills it if it does not; resolves when it is gone. */
  close(): Promise<void>;
}

/** Late pings tolerated on a busy machine. */
const WATCH_SLACK = 5;

/** Enough for a Node stack, which is longer than a GStreamer message. */
const LINES_KEPT = 40;

// A worker that hangs does not notice that its parent has exited.
const living = new Set<NodeChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/**
 * One child process from fork to exit: all GStreamer code runs in children (docs/adr/0001). It is pinged, and killed if
 * it does not answer; its end has a reason in words. Supervised handles restarts and requests.
 */
export class ChildProcess<To, From extends FromChild> implements Child<To, From> {
  readonly ready: Promise<Extract<From, { type: 'ready' }>>;
  readonly gone: Promise<Gone>;
  readonly exited: Promise<void>;
  /** Null if the fork failed. */
  readonly #child: NodeChildProcess | null;
  readonly #times: ChildTimes;
  readonly #lastLines: string[] = [];
  #becomeGone: (gone: Gone) => void = () => undefined;
  #heartbeat: NodeJS.Timeout | null = null;
  #lastChance: NodeJS.Timeout | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  #heardAt = performance.now();
  /** Last supervision: at the start, and at every ping. */
  #tickedAt = this.#heardAt;
  #sequence = 0;
  #killedFor: string | null = null;
  #isGone = false;

  constructor(options: ChildProcessOptions<From>) {
    const { entry, args, check, onMessage, log, times = CHILD_TIMES, inheritStdout = false } = options;
    this.#times = times;
    // NODE_OPTIONS may have options for one process only, such as a debugger's port.
    const { NODE_OPTIONS: _, ...env } = process.env;
    let child: NodeChildProcess | null = null;
    let notStarted = '';
    try {
      child = fork(entry, args, {
        execArgv: ['--expose-gc', '--enable-source-maps'],
        serialization: 'advanced',
        stdio: ['ignore', inheritStdout ? 'inherit' : 'ignore', 'pipe', 'ipc'],
        env,
      });
      living.add(child);
    } catch (error) {
      // Node throws the errors that it does not emit as events, such as no memory for another process.
      notStarted = `start failed: ${(error as Error).message}`;
    }
    this.#child = child;
    type Ready = Extract<From, { type: 'ready' }>;
    let becomeReady: (message: Ready) => void;
    const becameReady = new Promise<Ready>(resolve => {
      becomeReady = resolve;
    });
    this.gone = new Promise(resolve => {
      this.#becomeGone = resolve;
    });
    this.exited = new Promise(resolve => {
      const exit = (reason: string): void => {
        if (child) living.delete(child);
        this.#end({ reason, isStuck: false });
        resolve();
      };
      if (!child) {
        exit(notStarted);
        return;
      }
      // Node also emits it when a kill or a send failed, and the process still exists.
      child.on('error', error => {
        if (child?.pid === undefined) exit(`start failed: ${error.message}`);
      });
      child.once('exit', (code, signal) => exit(this.#killedFor ?? this.#describeExit(code, signal)));
    });
    this.ready = this.#orGone(becameReady);
    this.ready.then(
      () => this.#beat(),
      () => undefined,
    );
    child?.on('message', data => {
      if (this.#isGone) return;
      this.#heardAt = performance.now();
      const message = check(data);
      if (!message) log.error({ pid: child.pid }, 'unexpected message from worker');
      else if (message.type === 'ready') {
        log.debug({ pid: child.pid, ...message }, 'worker ready');
        becomeReady(message as Ready);
      } else if (message.type !== 'pong') onMessage(message);
    });
    if (child?.stderr) {
      const { pid } = child;
      readLimitedLines(child.stderr, {
        onLine: line => {
          this.#lastLines.push(line);
          if (this.#lastLines.length > LINES_KEPT) this.#lastLines.shift();
        },
        log: line => log.warn({ pid, line: redact(line.slice(0, 500)) }, 'worker wrote to stderr'),
        onLeftOut: lines => log.warn({ pid, lines }, 'worker stderr lines dropped: too many'),
      });
    }
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  silenceMs(): number {
    return performance.now() - this.#heardAt;
  }

  isWatched(): boolean {
    if (this.#isGone) return false;
    const { readyMs, pingMs } = this.#times;
    return performance.now() - this.#tickedAt < (this.#heartbeat ? 0 : (readyMs ?? Infinity)) + WATCH_SLACK * pingMs;
  }

  send(message: To): void {
    this.#send(message as object);
  }

  async close(): Promise<void> {
    this.#send({ type: 'close' } satisfies ToEveryChild);
    const timer = setTimeout(() => this.kill('did not close on request'), this.#times.closeMs);
    await this.gone;
    clearTimeout(timer);
  }

  kill(reason: string): void {
    if (this.#isGone) return;
    this.#killedFor ??= reason;
    this.#child?.kill('SIGKILL');
    this.#killTimer ??= setTimeout(() => this.#giveUpOn(this.#killedFor ?? reason), this.#times.goneMs);
  }

  #send(message: object): void {
    // A killed process reads nothing: if it hangs in the kernel, the message would be queued forever.
    if (!this.#isGone && this.#killedFor === null && this.#child?.connected) this.#child.send(message, () => undefined);
  }

  async #orGone<T>(becameReady: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const failed = new Promise<never>((_, reject) => {
      void this.gone.then(({ reason }) => reject(new Error(reason)));
      const { readyMs } = this.#times;
      if (readyMs === null) return;
      timer = setTimeout(() => this.kill(`not ready within ${readyMs / 1000} s`), readyMs);
    });
    try {
      return await Promise.race([becameReady, failed]);
    } finally {
      clearTimeout(timer);
    }
  }

  #beat(): void {
    if (this.#isGone) return;
    this.#heardAt = performance.now();
    this.#tickedAt = this.#heardAt;
    const { pingMs, hungMs } = this.#times;
    const check = (): void => {
      const now = performance.now();
      // This process was suspended (or its terminal was): the worker's messages are not read yet.
      if (now - this.#tickedAt > 2 * pingMs) this.#heardAt = now;
      const silence = now - this.#heardAt;
      if (silence >= hungMs) this.kill(`no answer for ${(silence / 1000).toFixed(1)} s`);
      // The timeout expires before the next ping: check at that moment.
      else if (silence + pingMs > hungMs) this.#lastChance = setTimeout(check, hungMs - silence);
    };
    this.#heartbeat = setInterval(() => {
      clearTimeout(this.#lastChance);
      check();
      this.#tickedAt = performance.now();
      this.#send({ type: 'ping', sequence: ++this.#sequence } satisfies ToEveryChild);
    }, pingMs);
  }

  /** It was killed but still exists: it counts as gone, and no longer keeps this process running. */
  #giveUpOn(reason: string): void {
    const child = this.#child;
    this.#end({ reason: `${reason}; killed, but hangs in the kernel`, isStuck: true });
    if (child?.connected) child.disconnect();
    child?.stderr?.destroy();
    child?.unref();
  }

  #end(gone: Gone): void {
    this.#isGone = true;
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    clearTimeout(this.#lastChance);
    clearTimeout(this.#killTimer);
    this.#becomeGone(gone);
  }

  #describeExit(code: number | null, signal: NodeJS.Signals | null): string {
    const how = signal ? `killed by ${signal}` : `exit code ${code}`;
    const line =
      this.#lastLines.findLast(line => /^\w*Error\b|CRITICAL|ERROR/.test(line)) ??
      this.#lastLines.findLast(line => line !== '' && !/^Node\.js v/.test(line));
    return line === undefined ? how : `${how}: ${line.slice(0, 300)}`;
  }
}
