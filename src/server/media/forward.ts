import { Failure } from '../../domain/failure.js';
import type { Log } from '../../domain/log.js';
import { scheduledDelayMs } from '../../protocol/backoff.js';

/** What a forward needs from the camera. */
export interface ForwardSource {
  /** Resolves with why it ended, unless stopForward ended it. @throws Failure if it does not start */
  forward(id: string, port: number): Promise<Failure>;
  stopForward(id: string): void;
}

/** Delays between attempts. */
const RETRY_MS = [250, 500, 1000, 2000];
/** After a forward of this duration the delays start from the first. */
const STEADY_MS = 10_000;

/**
 * Forwards a camera's stream to a port of this machine until it is closed: when the camera cannot be opened, or its
 * worker exits, it retries.
 */
export class Forward {
  readonly #id: string;
  readonly #source: () => ForwardSource | undefined;
  readonly #port: number;
  readonly #log: Log;
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #lastFailure = '';

  /** @param source the current one; undefined while the camera does not exist */
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
    // Once, and not every 2 s while a camera is unplugged.
    if (failure !== this.#lastFailure) this.#log.warn({ detail: failure }, 'camera not forwarded, retrying');
    this.#lastFailure = failure;
    this.#timer = setTimeout(() => void this.#begin(), scheduledDelayMs(RETRY_MS, this.#failures++));
  }

  async #attempt(): Promise<string> {
    try {
      const failure = await this.#source()?.forward(this.#id, this.#port);
      return failure?.message ?? 'the camera does not exist';
    } catch (error) {
      if (!(error instanceof Failure)) this.#log.error({ err: error }, 'camera forwarding failed');
      return error instanceof Error ? error.message : String(error);
    }
  }
}
