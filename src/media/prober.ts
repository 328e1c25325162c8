import type { Log, Machine } from '../domain/ports.js';
import type { FromWorker, NeededElement } from './messages.js';
import { WorkerProcess } from './worker-process.js';

type Tried = Machine['encoders']['tried'][number];

/** For one encoder to be tried, opening of drivers included. */
const PATIENCE_MS = 15_000;
/** Each turn ends behind an encoder that broke the process; there are fewer encoders than this. */
const MAX_TURNS = 20;

/**
 * Finds out which encoders open on this machine, in a process of their own: one that crashes or hangs that process
 * counts as failed, and the probe goes on behind it.
 */
export class Prober {
  /** Resolves with the encoders that opened, best first; none if there is no encoder. */
  readonly encoders: Promise<readonly string[]>;
  readonly #log: Log;
  readonly #outcomes = new Map<string, Tried>();
  #gstreamer: string | null = null;
  #missing: readonly NeededElement[] = [];
  #isDone = false;
  #process: WorkerProcess | null = null;
  #closed = false;

  constructor(log: Log) {
    this.#log = log;
    this.encoders = this.#run().then(() =>
      [...this.#outcomes.values()].filter(tried => tried.outcome === 'selected').map(tried => tried.element),
    );
  }

  /** What is known so far. */
  machine(): Machine {
    const selected = [...this.#outcomes.values()].find(tried => tried.outcome === 'selected')?.element ?? null;
    return {
      gstreamer: this.#gstreamer,
      encoders: {
        state: this.#isDone ? 'done' : 'probing',
        selected,
        tried: [...this.#outcomes.values()],
      },
    };
  }

  /** Elements that every camera needs and this machine has not, as far as is known. */
  missing(): readonly NeededElement[] {
    return this.#missing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#process?.kill('the server is being stopped');
    await this.#process?.exited;
  }

  async #run(): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS && !this.#isDone && !this.#closed; turn++) {
      const broken = await this.#turn();
      if (broken) this.#outcomes.set(broken.element, { ...broken, outcome: 'failed' });
    }
    this.#isDone = true;
    const { selected } = this.machine().encoders;
    if (selected) this.#log.info({ encoder: selected, gstreamer: this.#gstreamer }, 'encoder chosen');
    else if (!this.#closed)
      this.#log.error({ tried: this.machine().encoders.tried }, 'no H.264 encoder opens on this machine');
  }

  async #turn(): Promise<Pick<Tried, 'element' | 'title' | 'reason'> | null> {
    let current: { element: string; title: string } | null = null;
    let over = false;
    let timer: NodeJS.Timeout | undefined;
    const process = new WorkerProcess({
      args: ['probe', ...this.#outcomes.keys()],
      log: this.#log,
      onMessage: message => {
        timer?.refresh();
        if (message.type === 'probing') current = { element: message.element, title: message.title };
        else if (message.type === 'done') over = true;
        else this.#onMessage(message);
      },
    });
    this.#process = process;
    // A probe is never "ready": it does its work and exits.
    process.ready.catch(() => undefined);
    timer = setTimeout(() => process.kill(`nothing came of it within ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
    const reason = await process.exited;
    clearTimeout(timer);
    this.#process = null;
    if (over) this.#isDone = true;
    else if (current === null && !this.#closed) {
      // Before the first encoder it does nothing else.
      this.#isDone = true;
      this.#log.error({ reason }, 'GStreamer cannot be loaded');
    }
    if (over || current === null) return null;
    return {
      ...(current as { element: string; title: string }),
      reason: `it broke the process that tried it: ${reason}`,
    };
  }

  #onMessage(message: FromWorker): void {
    if (message.type === 'found') {
      this.#gstreamer = message.gstreamer;
      this.#missing = message.missing;
    } else if (message.type === 'probed') {
      const { element, title, outcome, reason } = message;
      this.#outcomes.set(element, { element, title, outcome: outcome as Tried['outcome'], reason });
    }
  }
}
