import type { CameraFreshness, SessionFreshness, StreamFigures } from '../domain/ports.js';
import type { FromWorkerOf, SessionTimes } from '../messages/camera-worker.js';
import { monotonicMs } from '../process/monotonic.js';

/** The worker looks at a few pictures, for a quarter of a second at the most. */
const MEASURE_PATIENCE_MS = 1_000;

export type Measured = Pick<FromWorkerOf<'measured'>, 'loopLagMs'> & { stream: StreamFigures | null };

/**
 * What a camera's workers said of how new their pictures are, and what they are asked of it. All that is kept are times of
 * the monotonic clock: an age grows by itself, whatever becomes of a worker.
 */
export class WorkerLooks {
  readonly #waiting = new Map<number, (answer: Measured | null) => void>();
  #count = 0;
  #newestAt: number | null = null;
  #sessions: Readonly<Record<string, SessionTimes>> = {};

  /** Resolves when the worker has answered, or after so many ms. */
  async look(send: (request: number) => void, patienceMs: number): Promise<void> {
    await this.#ask(send, patienceMs);
  }

  /** Null where it gave no answer in time. */
  measure(send: (request: number) => void): Promise<Measured | null> {
    return this.#ask(send, MEASURE_PATIENCE_MS);
  }

  looked({ request, newestAt, sessions }: Omit<FromWorkerOf<'looked'>, 'type'>): void {
    this.newest(newestAt);
    this.#sessions = sessions;
    this.#waiting.get(request)?.(null);
  }

  measured({ request, loopLagMs, stream }: FromWorkerOf<'measured'>): void {
    this.#waiting.get(request)?.({ loopLagMs, stream });
  }

  /** @param at ms of the monotonic clock; null of a camera that is closed, of which what was known goes on */
  newest(at: number | null): void {
    if (at !== null) this.#newestAt = at;
  }

  /** @param goesOn the sessions that there are */
  freshness(goesOn: (session: string) => boolean): CameraFreshness {
    const now = monotonicMs();
    const since = (at: number | null): number | null => (at === null ? null : Math.max(0, now - at));
    const sessions = new Map<string, SessionFreshness>();
    for (const [id, { movedAt, heardAt }] of Object.entries(this.#sessions))
      if (goesOn(id)) sessions.set(id, { movedMs: since(movedAt), heardMs: since(heardAt) });
    return { ageMs: since(this.#newestAt), sessions };
  }

  #ask(send: (request: number) => void, patienceMs: number): Promise<Measured | null> {
    const request = ++this.#count;
    return new Promise(resolve => {
      const answer = (measured: Measured | null): void => {
        clearTimeout(timer);
        this.#waiting.delete(request);
        resolve(measured);
      };
      const timer = setTimeout(() => answer(null), patienceMs);
      this.#waiting.set(request, answer);
      send(request);
    });
  }
}
