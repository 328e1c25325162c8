import type { Child, Gone } from './child-process.js';
import { type Clock, SYSTEM_CLOCK } from './clock.js';
import { RequestError, Requests } from './requests.js';
import { afterExit, type RestartPolicy } from './restart-policy.js';
import { type Settle, type Timeout, within } from './timeout.js';

type Message = { type: string };

/** The reply to each request: `{ join: 'joined' }`. Both have a number, `request`. */
export type Replies = Readonly<Record<string, string>>;
type Of<M extends Message, Type> = Extract<M, { type: Type }>;
type RequestTo<To extends Message, Type> = Omit<Of<To, Type>, 'request'> & { type: Type };

/** The end of a process, and what happens next. */
export interface Exit extends Gone {
  pid: number | undefined;
  /** How long it was up; null if it never was. */
  upMs: number | null;
  /** `restart`: in `restartInMs`; `closed`: it was asked to end; `given up`: no restart. */
  next: 'restart' | 'closed' | 'given up';
  restartInMs: number;
  /** Resolves when the kernel has ended it: at once, unless it is stuck. */
  exited: Promise<void>;
}

export interface SupervisedOptions<To extends Message, From extends Message, R extends Replies> {
  /** Starts a process. */
  launch(onMessage: (message: From) => void): Child<To, From>;
  replies: R;
  policy: RestartPolicy;
  /** Configures a process that is ready, before it is up. If it rejects, the process is killed for that reason. */
  prepare?(ready: Of<From, 'ready'>): Promise<void>;
  onUp?(): void;
  /** Receives every message that is not a reply. */
  onMessage(message: From): void;
  /** Judges an exit: `progress` resets the count of failures, `hopeless` gives up. */
  judge?(exit: Gone & { upMs: number | null }): 'progress' | 'hopeless' | null;
  /** Called after its requests were rejected. */
  onExit(exit: Exit): void;
  /** Whether a process may be started now; if not, `retry` asks again. */
  mayStart?(): boolean;
  clock?: Clock;
}

/**
 * One child process, kept running: when it dies it is replaced after a delay from a policy, until it is closed or given
 * up. Replies are matched to requests by number; when the process dies, all pending requests are rejected. The next
 * process has none of the state: callers repeat their requests. The requests are modelled on mediasoup's Channel
 * (node/src/Channel.ts).
 *
 * A process that was killed but still exists 2 s later (state D) counts as dead like any other.
 */
export class Supervised<To extends Message, From extends Message, R extends Replies> {
  readonly #options: SupervisedOptions<To, From, R>;
  readonly #clock: Clock;
  readonly #requests: Requests;
  readonly #waiting = new Set<Settle<void>>();
  #child: Child<To, From> | null = null;
  /** When the process was up, by the clock. */
  #upAt: number | null = null;
  #failures = 0;
  #stuck = 0;
  #restart: { dueAt: number; cancel(): void } | null = null;
  /** A start is due, but not allowed now. */
  #isBlocked = false;
  #over: 'closed' | 'given up' | null = null;

  constructor(options: SupervisedOptions<To, From, R>) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#requests = new Requests(this.#clock);
  }

  /** Starts the first process, unless there is one or a restart is scheduled. */
  start(): void {
    if (this.#over || this.#child || this.#restart) return;
    const { mayStart = () => true } = this.#options;
    this.#isBlocked = this.isFull || !mayStart();
    if (this.#isBlocked) {
      this.#endWaiting(new RequestError('died', 'start is not allowed now'));
      return;
    }
    const child = this.#options.launch(message => {
      if (this.#child === child && !this.#requests.answer(message)) this.#options.onMessage(message);
    });
    this.#child = child;
    this.#prepare(child).catch(error => child.kill(error instanceof Error ? error.message : String(error)));
    void child.gone.then(gone => this.#onGone(child, gone));
  }

  /** Call it when a start that was not allowed may be allowed now. */
  retry(): void {
    if (this.#isBlocked) this.start();
  }

  /** The current process; null without one. */
  get child(): Pick<Child<To, From>, 'pid' | 'silenceMs'> | null {
    return this.#child;
  }

  get isUp(): boolean {
    return this.#upAt !== null;
  }

  /**
   * Waits until a process is up. Rejects at once if none will be started within the timeout.
   * @throws RequestError `late`, `died`; the signal's reason
   */
  async untilUp(timeout: Timeout): Promise<void> {
    timeout.signal?.throwIfAborted();
    if (this.isUp) return;
    if (!this.#isComing(timeout.timeoutMs ?? Infinity)) throw new RequestError('died', this.#over ?? 'not running');
    const late = (seconds: number): Error => new RequestError('late', `not up within ${seconds} s`);
    let waiting: Settle<void> | undefined;
    try {
      await within<void>(this.#clock, timeout, late, settle => {
        waiting = settle;
        this.#waiting.add(settle);
      });
    } finally {
      if (waiting) this.#waiting.delete(waiting);
    }
  }

  /** Sends a request to the current process. @throws RequestError; the signal's reason */
  async request<Type extends keyof R & To['type']>(
    message: RequestTo<To, Type>,
    timeout: Timeout,
  ): Promise<Of<From, R[Type]>> {
    const child = this.#child;
    if (!child) throw new RequestError('died', 'not running');
    const expected = this.#options.replies[message.type] as string;
    const send = (request: number): void => child.send({ ...message, request } as unknown as To);
    // The child's messages are checked against their table, which has the fields of this reply.
    return (await this.#requests.ask(expected, send, timeout)) as unknown as Of<From, R[Type]>;
  }

  /** Sends a message to the current process; dropped without one. */
  send(message: Exclude<To, { request: number }>): void {
    this.#child?.send(message);
  }

  /** Whether supervision works: the process is watched, a restart is due, or none is wanted. */
  isSupervised(): boolean {
    return this.#over !== null || this.#restart !== null || this.#isBlocked || (this.#child?.isWatched() ?? false);
  }

  /** Whether so many of its processes hang in the kernel that no other starts before one of them is gone. */
  get isFull(): boolean {
    return this.#stuck >= this.#options.policy.maxStuck;
  }

  /** Ends it for good; resolves when the process is gone. */
  async close(): Promise<void> {
    this.#finish('closed');
    await this.#child?.close();
  }

  /** Whether a process is being started, or will be within so many ms. */
  #isComing(withinMs: number): boolean {
    if (this.#over) return false;
    return this.#child !== null || (this.#restart !== null && this.#restart.dueAt - this.#clock.now() <= withinMs);
  }

  async #prepare(child: Child<To, From>): Promise<void> {
    // If it never becomes ready, `gone` reports that.
    const ready = await child.ready.catch(() => null);
    if (!ready || this.#child !== child) return;
    await this.#options.prepare?.(ready);
    if (this.#child !== child || this.#over) return;
    this.#upAt = this.#clock.now();
    this.#options.onUp?.();
    for (const { resolve } of [...this.#waiting]) resolve();
  }

  #onGone(child: Child<To, From>, gone: Gone): void {
    if (gone.isStuck) {
      this.#stuck++;
      void child.exited.then(() => {
        this.#stuck--;
        this.retry();
      });
    }
    const upMs = this.#upAt === null ? null : this.#clock.now() - this.#upAt;
    this.#child = null;
    this.#upAt = null;
    this.#requests.failAll(gone.reason);
    const counted = this.#over ? null : this.#count({ ...gone, upMs });
    // With a limit of failures, do not wait for a process that may never end.
    const restartInMs = this.isFull && this.#options.policy.giveUpAfter !== null ? null : counted;
    if (restartInMs === null) this.#finish('given up');
    else
      this.#restart = {
        dueAt: this.#clock.now() + restartInMs,
        cancel: this.#clock.after(restartInMs, () => {
          this.#restart = null;
          this.start();
        }),
      };
    this.#options.onExit({
      ...gone,
      pid: child.pid,
      upMs,
      next: this.#over ?? 'restart',
      restartInMs: restartInMs ?? 0,
      exited: child.exited,
    });
  }

  /** @returns ms to the next start; null for none */
  #count(exit: Gone & { upMs: number | null }): number | null {
    const { judge = () => null, policy } = this.#options;
    const judged = judge(exit);
    if (judged === 'hopeless') return null;
    const { failures, restartInMs } = afterExit(policy, judged === 'progress' ? 0 : this.#failures, exit.upMs);
    this.#failures = failures;
    return restartInMs;
  }

  #finish(how: 'closed' | 'given up'): void {
    this.#over ??= how;
    this.#restart?.cancel();
    this.#restart = null;
    this.#endWaiting(new RequestError('died', this.#over));
  }

  #endWaiting(error: RequestError): void {
    for (const { reject } of this.#waiting) reject(error);
  }
}
