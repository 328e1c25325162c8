import type { Log } from '../../domain/log.js';
import type { Machine } from '../../domain/media-engine.js';
import type { FromWorker, FromWorkerOf, NeededElement } from '../../messages/camera-worker.js';
import { CHILD_TIMES } from '../../process/child-process.js';
import { startWorker, type WorkerProcess } from './worker-process.js';

type Tried = Machine['encoders']['tried'][number];
type Named = Pick<FromWorkerOf<'probing'>, 'kind' | 'element' | 'title'>;

/** `works`: it decoded some frames; `absent`: it is not installed. */
export type TriedDecoder = Omit<Tried, 'outcome'> & { outcome: 'works' | 'failed' | 'absent' };

/** For one encoder or decoder, including the opening of drivers. */
const TIMEOUT_MS = 15_000;
/** Each turn ends at an element that broke the process; there are fewer elements than this. */
const MAX_TURNS = 20;

/**
 * Finds out which encoders, and optionally decoders, work on this machine, in a separate process: an element that
 * crashes or hangs that process counts as failed, and the probe continues after it.
 */
export class Prober {
  /**
   * Resolves with the encoders to use, best first: the first that opened, then those that are installed but were not
   * tried. Empty if none opens.
   */
  readonly encoders: Promise<readonly string[]>;
  readonly #log: Log;
  readonly #wantsDecoders: boolean;
  readonly #outcomes = new Map<string, Tried>();
  readonly #decoders = new Map<string, TriedDecoder>();
  #gstreamer: string | null = null;
  #libnice: string | null = null;
  #missing: readonly NeededElement[] = [];
  #isDone = false;
  #process: WorkerProcess | null = null;
  #closed = false;

  constructor(log: Log, { decoders = false } = {}) {
    this.#log = log;
    this.#wantsDecoders = decoders;
    this.encoders = this.#run().then(() => this.#encodersWith('selected').concat(this.#encodersWith('skipped')));
  }

  /** The results so far. */
  machine(): Machine {
    const [selected = null] = this.#encodersWith('selected');
    return {
      gstreamer: this.#gstreamer,
      encoders: {
        state: this.#isDone ? 'done' : 'probing',
        selected,
        tried: [...this.#outcomes.values()],
      },
    };
  }

  /** Elements that every camera needs and this machine lacks, as known so far. */
  missing(): readonly NeededElement[] {
    return this.#missing;
  }

  /** Results of the decoders so far, best first; empty where they were not requested. */
  decoders(): readonly TriedDecoder[] {
    return [...this.#decoders.values()];
  }

  /** The version of the ICE library; null until known. */
  libnice(): string | null {
    return this.#libnice;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#process?.kill('the server is being stopped');
    await this.#process?.gone;
  }

  async #run(): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS && !this.#isDone && !this.#closed; turn++) {
      const broken = await this.#turn();
      if (broken) this.#note(broken, 'failed', broken.reason);
    }
    this.#isDone = true;
    const { selected } = this.machine().encoders;
    if (selected) this.#log.info({ encoder: selected, gstreamer: this.#gstreamer }, 'encoder chosen');
    else if (!this.#closed)
      this.#log.error({ tried: this.machine().encoders.tried }, 'no H.264 encoder opens on this machine');
  }

  async #turn(): Promise<(Named & { reason: string }) | null> {
    let current: Named | null = null;
    let over = false;
    let timer: NodeJS.Timeout | undefined;
    const process = startWorker({
      args: [
        'probe',
        ...(this.#wantsDecoders ? ['--decoders'] : []),
        ...this.#encodersWith('selected').map(element => `--encoder=${element}`),
        ...this.#outcomes.keys(),
        ...this.#decoders.keys(),
      ],
      log: this.#log,
      // It never becomes "ready": it does its work and exits, which takes longer the more is installed.
      times: { ...CHILD_TIMES, readyMs: null },
      onMessage: message => {
        timer?.refresh();
        if (message.type === 'probing') current = message;
        else if (message.type === 'done') over = true;
        else this.#onMessage(message);
      },
    });
    this.#process = process;
    process.ready.catch(() => undefined);
    timer = setTimeout(() => process.kill(`no result within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS);
    // A process that hangs in a driver is abandoned.
    const { reason } = await process.gone;
    clearTimeout(timer);
    this.#process = null;
    if (over) this.#isDone = true;
    else if (current === null && !this.#closed) {
      // Loading GStreamer is all that it does before the first encoder.
      this.#isDone = true;
      this.#log.error({ reason }, 'GStreamer cannot be loaded');
    }
    if (over || current === null) return null;
    return {
      ...(current as Named),
      reason: `it broke the process that tried it: ${reason}`,
    };
  }

  #onMessage(message: FromWorker): void {
    if (message.type === 'found') {
      this.#gstreamer = message.gstreamer;
      this.#libnice = message.libnice;
      this.#missing = message.missing;
    } else if (message.type === 'probed') this.#note(message, message.outcome, message.reason);
  }

  #note({ kind, element, title }: Named, outcome: string, reason: string): void {
    if (kind === 'encoder')
      this.#outcomes.set(element, { element, title, outcome: outcome as Tried['outcome'], reason });
    else this.#decoders.set(element, { element, title, outcome: outcome as TriedDecoder['outcome'], reason });
  }

  #encodersWith(outcome: Tried['outcome']): string[] {
    return [...this.#outcomes.values()].filter(tried => tried.outcome === outcome).map(({ element }) => element);
  }
}
