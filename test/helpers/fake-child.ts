import type { Child, Gone } from '../../src/process/child-process.js';

type Message = { type: string };

/** A fake child process: the test sends its messages and ends it. */
export class FakeChild<To extends Message, From extends Message> implements Child<To, From> {
  static #count = 0;
  readonly pid = ++FakeChild.#count;
  readonly ready: Promise<Extract<From, { type: 'ready' }>>;
  readonly gone: Promise<Gone>;
  readonly exited: Promise<void>;
  /** All messages that it was sent. */
  readonly heard: To[] = [];
  /** Sends a message. */
  readonly say: (message: From) => void;
  becomeReady: (message: Extract<From, { type: 'ready' }>) => void = () => undefined;
  /** Ends it, as its users see it. */
  becomeGone: (gone: Gone) => void = () => undefined;
  /** Ends a stuck one, as the kernel does in the end. */
  exit: () => void = () => undefined;
  killedFor: string | null = null;
  isGone = false;

  constructor(onMessage: (message: From) => void) {
    this.say = onMessage;
    this.exited = new Promise(resolve => {
      this.exit = resolve;
    });
    this.gone = new Promise(resolve => {
      this.becomeGone = gone => {
        this.isGone = true;
        resolve(gone);
        if (!gone.isStuck) this.exit();
      };
    });
    this.ready = new Promise((resolve, reject) => {
      this.becomeReady = resolve;
      void this.gone.then(({ reason }) => reject(new Error(reason)));
    });
    this.ready.catch(() => undefined);
  }

  die(reason = 'killed by SIGSEGV'): void {
    this.becomeGone({ reason, isStuck: false });
  }

  send(message: To): void {
    this.heard.push(message);
  }

  silenceMs(): number {
    return 0;
  }

  isWatched(): boolean {
    return !this.isGone;
  }

  kill(reason: string): void {
    this.killedFor ??= reason;
    this.die(reason);
  }

  async close(): Promise<void> {
    this.die('exit code 0');
  }
}
