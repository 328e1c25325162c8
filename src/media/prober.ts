import type { Log, Machine } from '../domain/ports.js';
import { ENCODERS } from '../worker/encoders.js';
import type { Device, FromWorker } from './messages.js';
import { WorkerProcess } from './worker-process.js';

type Tried = Machine['encoders']['tried'][number];

/** For one encoder to be tried, opening of drivers included. */
const PATIENCE_MS = 15_000;

/**
 * Finds out which encoders open on this machine, in a process of their own: one that crashes or hangs that process
 * counts as failed, and the probe goes on behind it.
 */
export class Prober {
  /** Resolves with the V4L2 devices that are plugged in, as soon as they are known. */
  readonly devices: Promise<readonly Device[]>;
  /** Resolves with the encoders that opened, best first; none if there is no encoder. */
  readonly encoders: Promise<readonly string[]>;
  readonly #log: Log;
  readonly #outcomes = new Map<string, Tried>();
  #gstreamer: string | null = null;
  #isDone = false;
  #process: WorkerProcess | null = null;
  #closed = false;
  #tellDevices: (devices: readonly Device[]) => void = () => undefined;

  constructor(log: Log) {
    this.#log = log;
    this.devices = new Promise(resolve => { this.#tellDevices = resolve; });
    this.encoders = this.#run().then(() => [...this.#outcomes.values()].filter(tried => tried.outcome === 'selected').map(tried => tried.element));
  }

  /** What is known so far. */
  machine(): Machine {
    const selected = [...this.#outcomes.values()].find(tried => tried.outcome === 'selected')?.element ?? null;
    return {
      gstreamer: this.#gstreamer,
      encoders: {
        state: this.#isDone ? 'done' : 'probing',
        selected,
        tried: ENCODERS.flatMap(({ element, title }) => {
          const tried = this.#outcomes.get(element);
          if (tried) return [tried];
          return this.#isDone ? [{ element, title, outcome: 'skipped', reason: `${selected ?? 'an earlier one'} comes first` } satisfies Tried] : [];
        }),
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#process?.kill('the server is being stopped');
    await this.#process?.exited;
  }

  async #run(): Promise<void> {
    // Each turn ends behind the encoder that broke the process, so there are at most as many turns as encoders.
    for (let turn = 0; turn <= ENCODERS.length && !this.#isDone && !this.#closed; turn++) {
      const broken = await this.#turn();
      if (broken) this.#note(broken.element, 'failed', `it broke the process that tried it: ${broken.reason}`);
    }
    this.#isDone = true;
    this.#tellDevices([]);
    const { selected } = this.machine().encoders;
    if (selected) this.#log.info({ encoder: selected, gstreamer: this.#gstreamer }, 'encoder chosen');
    else if (!this.#closed) this.#log.error({ tried: this.machine().encoders.tried }, 'no H.264 encoder opens on this machine');
  }

  async #turn(): Promise<{ element: string; reason: string } | null> {
    let current: string | null = null;
    let over = false;
    let timer: NodeJS.Timeout | undefined;
    const process = new WorkerProcess({ args: ['probe', ...this.#outcomes.keys()], log: this.#log, onMessage: message => {
      timer?.refresh();
      if (message.type === 'probing') current = message.element;
      else if (message.type === 'done') over = true;
      else this.#onMessage(message);
    } });
    this.#process = process;
    // A probe is never "ready": it does its work and exits.
    process.ready.catch(() => undefined);
    timer = setTimeout(() => process.kill(`nothing came of it within ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
    const reason = await process.exited;
    clearTimeout(timer);
    this.#process = null;
    if (over) this.#isDone = true;
    else if (current === null && !this.#closed) {
      this.#log.error({ reason }, 'GStreamer cannot be loaded');
      this.#isDone = true;
    }
    return over || current === null ? null : { element: current, reason };
  }

  #onMessage(message: FromWorker): void {
    if (message.type === 'found') {
      this.#gstreamer = message.gstreamer;
      this.#tellDevices(message.devices);
    } else if (message.type === 'probed') this.#note(message.element, message.outcome as Tried['outcome'], message.reason);
  }

  #note(element: string, outcome: Tried['outcome'], reason: string): void {
    const title = ENCODERS.find(encoder => encoder.element === element)?.title ?? element;
    this.#outcomes.set(element, { element, title, outcome, reason });
  }
}
