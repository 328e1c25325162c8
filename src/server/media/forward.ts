import { Failure } from '../../domain/failure.js';
import type { Log } from '../../domain/log.js';
import { scheduledDelayMs } from '../../protocol/backoff.js';

/** What a feed needs of the camera whose stream it is. */
export interface ForwardSource {
  /** Resolves with why it is over, if that is not because of stopForward. @throws Failure if it does not begin */
  forward(id: string, port: number): Promise<Failure>;
  stopForward(id: string): void;
}

/** ms from one attempt to the next. */
const RETRY_MS = [250, 500, 1000, 2000];
/** A feed that lasted so long begins anew with the first of them. */
const STEADY_MS = 10_000;

/**
 * A camera's stream on its way to a port of this machine, for as long as it is wanted: when the camera cannot be opened,
 * or its worker dies, it is tried again.
 */
export class Forward {
  readonly #id: string;
  readonly #source: () => ForwardSource | undefined;
  readonly #port: number;
  readonly #log: Log;
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #said = '';

  /** @param source of now; undefined while there is no such camera */
  constructor(id: string, source: () => ForwardSource | undefined, port: number, log: Log) {
    this.#id = id;
    this.#source = source;
    this.#port = port;
    this.#log = log;
    void this.#begin();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#source()?.stopForward(this.#id);
  }

  async #begin(): Promise<void> {
    const beganAt = performance.now();
    const failure = await this.#attempt();
    if (this.#isClosed) return;
    if (performance.now() - beganAt > STEADY_MS) this.#failures = 0;
    // Once, and not each two seconds for as long as a camera is unplugged.
    if (failure !== this.#said) this.#log.warn({ detail: failure }, 'camera cannot be sent on; it is tried again');
    this.#said = failure;
    this.#timer = setTimeout(() => void this.#begin(), scheduledDelayMs(RETRY_MS, this.#failures++));
  }

  async #attempt(): Promise<string> {
    try {
      const failure = await this.#source()?.forward(this.#id, this.#port);
      return failure?.message ?? 'there is no such camera';
    } catch (error) {
      if (!(error instanceof Failure)) this.#log.error({ err: error }, 'a camera could not be sent on');
      return error instanceof Error ? error.message : String(error);
    }
  }
}
