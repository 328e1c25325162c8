import { fork, type ChildProcess as NodeChildProcess } from 'node:child_process';
import type { Log } from '../domain/log.js';
import { redact } from '../domain/source.js';
import { readLimitedLines } from './limited-lines.js';

/** What every child is told beside its own messages. */
type ToEveryChild = { type: 'ping'; sequence: number } | { type: 'close' };
/** What every child says beside its own messages. */
type FromChild = { type: string };

export interface ChildProcessOptions<From extends FromChild> {
  /** The program, of JavaScript. */
  entry: string;
  args: readonly string[];
  /** The message, if it is one of the child's; else null. */
  check(data: unknown): From | null;
  /** All that come but `ready` and `pong`. */
  onMessage(message: From): void;
  log: Log;
  times?: ChildTimes;
  /** Whether what it writes on stdout is this process's own output; else it goes nowhere. */
  inheritStdout?: boolean;
}

export interface ChildTimes {
  /** For `ready` to come, at the most; null of one that never says it. */
  readyMs: number | null;
  pingMs: number;
  /** Without a `pong`: its JavaScript thread hangs, likely in a driver, and it is killed. */
  hungMs: number;
  /** For a worker that was asked to close. */
  closeMs: number;
  /** For one that was killed. The kernel ends it at once, unless it hangs in the kernel itself. */
  goneMs: number;
}

export const CHILD_TIMES: ChildTimes = {
  readyMs: 30_000,
  pingMs: 2_000,
  hungMs: 5_000,
  closeMs: 1_500,
  goneMs: 2_000,
};

/** How a process came to be over, for whoever used it. */
export interface Gone {
  /** In words. */
  reason: string;
  /**
   * It was killed and is still there: it hangs in the kernel (state D), most likely in a driver, and keeps what it has
   * open until the kernel lets go of it.
   */
  isStuck: boolean;
}

/** A process as its supervisor sees it. */
export interface Child<To, From extends FromChild> {
  readonly pid: number | undefined;
  /** Resolves with its message of that name, when it is warm; rejects if it is gone or takes too long. */
  readonly ready: Promise<Extract<From, { type: 'ready' }>>;
  /** Resolves when it is over for whoever uses it, whether the kernel has ended it or not; never rejects. */
  readonly gone: Promise<Gone>;
  /** Resolves when there is no such process any more; never rejects. */
  readonly exited: Promise<void>;
  /** Sends a message; one to a process that is gone is dropped, as `gone` tells of that. */
  send(message: To): void;
  /** ms since it said anything. */
  silenceMs(): number;
  /**
   * Whether this process still looks after it: waits for it to be ready, or asks it now and then. Not whether it answers:
   * one that does not is killed.
   */
  isWatched(): boolean;
  kill(reason: string): void;
  /** Asks it to end and makes sure of it; resolves when it is gone. */
  close(): Promise<void>;
}

/** Pings that a busy machine may be late with. */
const WATCH_SLACK = 5;

/** A stack of Node's is longer than a message of GStreamer's. */
const LINES_KEPT = 40;

// A worker that hangs does not see that its parent is gone.
const living = new Set<NodeChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/**
 * One child process from fork to exit: whoever touches GStreamer is one (docs/adr/0001). It is pinged, and killed when it
 * does not answer; its end has a reason in words. Its restarts and its requests are for Supervised.
 */
export class ChildProcess<To, From extends FromChild> implements Child<To, From> {
  readonly ready: Promise<Extract<From, { type: 'ready' }>>;
  readonly gone: Promise<Gone>;
  readonly exited: Promise<void>;
  /** Null where it could not even be started. */
  readonly #child: NodeChildProcess | null;
  readonly #times: ChildTimes;
  readonly #lastWords: string[] = [];
  #becomeGone: (gone: Gone) => void = () => undefined;
  #heartbeat: NodeJS.Timeout | null = null;
  #lastChance: NodeJS.Timeout | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  #heardAt = performance.now();
  /** When it was looked after last: at its start, and with each ping. */
  #tickedAt = this.#heardAt;
  #sequence = 0;
  #killedFor: string | null = null;
  #isGone = false;

  constructor(options: ChildProcessOptions<From>) {
    const { entry, args, check, onMessage, log, times = CHILD_TIMES, inheritStdout = false } = options;
    this.#times = times;
    // NODE_OPTIONS may hold what suits one process alone, such as a debugger's port.
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
      // Node throws what it does not tell as an event, as where there is no memory for another process.
      notStarted = `it could not be started: ${(error as Error).message}`;
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
      // Also when it could not be killed or told something, and is still there.
      child.on('error', error => {
        if (child?.pid === undefined) exit(`it could not be started: ${error.message}`);
      });
      child.once('exit', (code, signal) => exit(this.#killedFor ?? this.#inWords(code, signal)));
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
      if (!message) log.error({ pid: child.pid }, 'message of a worker is not in the protocol');
      else if (message.type === 'ready') {
        log.debug({ pid: child.pid, ...message }, 'worker ready');
        becomeReady(message as Ready);
      } else if (message.type !== 'pong') onMessage(message);
    });
    if (child?.stderr) {
      const { pid } = child;
      readLimitedLines(child.stderr, {
        onLine: line => {
          this.#lastWords.push(line);
          if (this.#lastWords.length > LINES_KEPT) this.#lastWords.shift();
        },
        log: line => log.warn({ pid, line: redact(line.slice(0, 500)) }, 'worker wrote to stderr'),
        onLeftOut: lines => log.warn({ pid, lines }, 'lines of a worker on stderr left out: too many'),
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
    const timer = setTimeout(() => this.kill('it did not close when it was asked to'), this.#times.closeMs);
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
    // What is killed reads no more: if it hangs in the kernel, it would be kept for it for ever.
    if (!this.#isGone && this.#killedFor === null && this.#child?.connected) this.#child.send(message, () => undefined);
  }

  async #orGone<T>(becameReady: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const failed = new Promise<never>((_, reject) => {
      void this.gone.then(({ reason }) => reject(new Error(reason)));
      const { readyMs } = this.#times;
      if (readyMs === null) return;
      timer = setTimeout(() => this.kill(`it was not ready within ${readyMs / 1000} s`), readyMs);
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
    const judge = (): void => {
      const now = performance.now();
      // It was this process that stood still (suspended, or its terminal was): what the worker said is not read yet.
      if (now - this.#tickedAt > 2 * pingMs) this.#heardAt = now;
      const silence = now - this.#heardAt;
      if (silence >= hungMs) this.kill(`it did not answer for ${(silence / 1000).toFixed(1)} s`);
      // Its time is over before the next ping: it is not to hang until then.
      else if (silence + pingMs > hungMs) this.#lastChance = setTimeout(judge, hungMs - silence);
    };
    this.#heartbeat = setInterval(() => {
      clearTimeout(this.#lastChance);
      judge();
      this.#tickedAt = performance.now();
      this.#send({ type: 'ping', sequence: ++this.#sequence } satisfies ToEveryChild);
    }, pingMs);
  }

  /** It was killed and is still there: it counts as gone, and nothing of it keeps this process running. */
  #giveUpOn(reason: string): void {
    const child = this.#child;
    this.#end({ reason: `${reason}; it was killed, and hangs in the kernel`, isStuck: true });
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

  #inWords(code: number | null, signal: NodeJS.Signals | null): string {
    const how = signal ? `it was ended by ${signal}` : `it exited with code ${code}`;
    const said =
      this.#lastWords.findLast(line => /^\w*Error\b|CRITICAL|ERROR/.test(line)) ??
      this.#lastWords.findLast(line => line !== '' && !/^Node\.js v/.test(line));
    return said === undefined ? how : `${how}: ${said.slice(0, 300)}`;
  }
}
