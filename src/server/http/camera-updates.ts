import type { Camera } from '../../domain/contract.js';

/** The minimum interval between updates that change only a camera's measurements. */
const MEASUREMENTS_MS = 1_000;

interface Sent {
  facts: string;
  /** Of performance.now(). */
  at: number;
  timer: NodeJS.Timeout | null;
}

/**
 * Decides when an update of a camera is sent: at once when its state or settings change, at most once a second when
 * only its measurements do.
 */
export class CameraUpdates {
  readonly #send: (id: string) => void;
  readonly #sent = new Map<string, Sent>();
  readonly #measurementsMs: number;

  constructor(send: (id: string) => void, measurementsMs = MEASUREMENTS_MS) {
    this.#send = send;
    this.#measurementsMs = measurementsMs;
  }

  changed(camera: Camera): void {
    const { id } = camera;
    const sent = this.#sent.get(id);
    const facts = factsOf(camera);
    if (sent === undefined || sent.facts !== facts) this.#sendNow(id, facts);
    else
      sent.timer ??= setTimeout(
        () => this.#sendNow(id, facts),
        sent.at + this.#measurementsMs - performance.now(),
      ).unref();
  }

  forget(id: string): void {
    clearTimeout(this.#sent.get(id)?.timer ?? undefined);
    this.#sent.delete(id);
  }

  close(): void {
    for (const id of [...this.#sent.keys()]) this.forget(id);
  }

  #sendNow(id: string, facts: string): void {
    this.forget(id);
    this.#sent.set(id, { facts, at: performance.now(), timer: null });
    this.#send(id);
  }
}

/** All of a camera except what is measured every second or changes with every viewer. */
function factsOf({ fps: _fps, bitrate: _bitrate, viewers: _viewers, renditions, ...facts }: Camera): string {
  return JSON.stringify([facts, renditions.map(({ codec, encoder }) => [codec, encoder])]);
}
