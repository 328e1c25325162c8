import { Failure } from '../domain/failure.js';
import type { Snapshot } from '../domain/ports.js';
import type { FromWorkerOf } from '../messages/camera-worker.js';

/** A camera that is closed is opened for it: as long as a viewer waits for his answer. */
const PATIENCE_MS = 17_000;

interface Waiting {
  resolve(snapshot: Snapshot): void;
  reject(failure: Failure): void;
}

/** Requests for single pictures that wait for a worker's answer; whoever asks meanwhile gets the same one. */
export class StillRequests {
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  #running: Promise<Snapshot> | null = null;

  /** @throws Failure */
  ask(send: (request: number) => void): Promise<Snapshot> {
    this.#running ??= this.#ask(send).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  answer({ request, jpeg, capturedAt }: FromWorkerOf<'still'>): void {
    this.#take(request)?.resolve({ jpeg, capturedAt });
  }

  deny({ request, code, detail, remedy }: FromWorkerOf<'no-still'>): void {
    const known = code === 'camera-unavailable' || code === 'no-publisher' ? code : 'internal';
    this.#take(request)?.reject(new Failure(known, detail, { remedy: remedy ?? undefined, retryAfter: 2 }));
  }

  /** The worker is gone. */
  refuse(reason: string): void {
    for (const request of [...this.#waiting.keys()])
      this.#take(request)?.reject(
        new Failure('camera-starting', `Its worker died: ${reason}.`, {
          remedy: 'Ask again in a moment.',
          retryAfter: 1,
        }),
      );
  }

  async #ask(send: (request: number) => void): Promise<Snapshot> {
    const request = ++this.#count;
    const timer = setTimeout(
      () =>
        this.#take(request)?.reject(
          new Failure('camera-unavailable', `No picture within ${PATIENCE_MS / 1000} s.`, { retryAfter: 2 }),
        ),
      PATIENCE_MS,
    );
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(request, { resolve, reject });
        send(request);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(request);
    }
  }

  #take(request: number): Waiting | undefined {
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
    return waiting;
  }
}
