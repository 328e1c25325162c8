import type { Camera } from '../../domain/contract.js';

/** From one telling of a camera's figures to the next. */
const FIGURES_MS = 1_000;

interface Sent {
  facts: string;
  /** Of performance.now(). */
  at: number;
  timer: NodeJS.Timeout | null;
}

/**
 * Decides when a camera is worth telling of: at once when it is another, each second at the most when only its figures
 * are.
 */
export class CameraUpdates {
  readonly #send: (id: string) => void;
  readonly #sent = new Map<string, Sent>();
  readonly #figuresMs: number;

  constructor(send: (id: string) => void, figuresMs = FIGURES_MS) {
    this.#send = send;
    this.#figuresMs = figuresMs;
  }

  changed(camera: Camera): void {
    const { id } = camera;
    const told = this.#sent.get(id);
    const facts = factsOf(camera);
    if (told === undefined || told.facts !== facts) this.#now(id, facts);
    else told.timer ??= setTimeout(() => this.#now(id, facts), told.at + this.#figuresMs - performance.now()).unref();
  }

  forget(id: string): void {
    clearTimeout(this.#sent.get(id)?.timer ?? undefined);
    this.#sent.delete(id);
  }

  close(): void {
    for (const id of [...this.#sent.keys()]) this.forget(id);
  }

  #now(id: string, facts: string): void {
    this.forget(id);
    this.#sent.set(id, { facts, at: performance.now(), timer: null });
    this.#send(id);
  }
}

/** All of a camera but what is measured anew each second, or moves with each viewer. */
function factsOf({ fps: _fps, bitrate: _bitrate, viewers: _viewers, renditions, ...facts }: Camera): string {
  return JSON.stringify([facts, renditions.map(({ codec, encoder }) => [codec, encoder])]);
}
