import { CameraFailure, explain } from '../failure.js';
import { firstFrameOf } from './opened-source.js';
import { type Opened, type OpenRequest, openSource } from './opening.js';
import type { PassthroughDecision } from './passthrough-decision.js';

/** For the source's first frame. */
const FIRST_FRAME_MS = 8_000;

export interface SourceOpeningOptions extends Omit<OpenRequest, 'passthrough'> {
  decision: PassthroughDecision;
  /** Shows the source as soon as it is open, if nothing is shown yet. @returns whether it did @throws CameraFailure */
  show(source: Opened['source']): boolean;
  /** Waits for the first sent frame, while `isWanted`. @throws CameraFailure */
  sent(isWanted: () => boolean): Promise<void>;
}

/** One attempt to open a camera's source: probe it, open it, wait for its first frame. */
export class SourceOpening {
  /** Resolves with the first frame; the source is then the caller's to close. Rejects with a CameraFailure. */
  readonly done: Promise<Opened>;
  #opened: Opened | null = null;
  #isCancelled = false;

  constructor(options: SourceOpeningOptions) {
    this.done = this.#run(options);
  }

  /** Cancels it: what was opened is closed when this returns. Has no effect after the end. */
  cancel(): void {
    this.#isCancelled = true;
    this.#close();
  }

  async #run({ decision, show, sent, ...request }: SourceOpeningOptions): Promise<Opened> {
    const { source } = request.config;
    try {
      await decision.probe(request.device);
      this.#check();
      const opened = openSource({ ...request, passthrough: decision.decide() });
      this.#opened = opened;
      const isWanted = (): boolean => !this.#isCancelled;
      const isShown = show(opened.source);
      await firstFrameOf(opened.source, source, FIRST_FRAME_MS, isWanted);
      this.#check();
      // Only now: an encoder without input must not count as broken.
      if (isShown) await sent(isWanted);
      this.#check();
      this.#opened = null;
      return opened;
    } catch (error) {
      this.#close();
      if (error instanceof CameraFailure) throw error;
      throw explain(source, error instanceof Error ? error.message : String(error));
    }
  }

  #check(): void {
    if (this.#isCancelled) throw new CameraFailure('The attempt to open the camera was cancelled.', 'Try again.');
  }

  #close(): void {
    this.#opened?.source.close();
    this.#opened = null;
  }
}
