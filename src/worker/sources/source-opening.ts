import { CameraFailure, explain } from '../failure.js';
import { firstFrameOf } from './opened-source.js';
import { type Opened, type OpenRequest, openSource } from './opening.js';
import type { PassthroughDecision } from './passthrough-decision.js';

/** For a source's first frame. */
const FIRST_FRAME_MS = 8_000;

export interface SourceOpeningOptions extends Omit<OpenRequest, 'passthrough'> {
  judge: PassthroughDecision;
  /** Shows the source as soon as it runs, if nothing is shown yet. @returns whether it did @throws CameraFailure */
  show(source: Opened['source']): boolean;
  /** Waits for the first frame of what is sent then, as long as `goesOn`. @throws CameraFailure */
  sent(goesOn: () => boolean): Promise<void>;
}

/** One attempt to open a camera's source: look at what it brings, open it, wait for its first frame. */
export class SourceOpening {
  /** Resolves when the first frame is there: whoever takes the source closes it. Rejects with a CameraFailure. */
  readonly done: Promise<Opened>;
  #opened: Opened | null = null;
  #isCancelled = false;

  constructor(options: SourceOpeningOptions) {
    this.done = this.#run(options);
  }

  /** Gives it up: what was opened is closed by the time that this returns. Nothing happens if it is over. */
  cancel(): void {
    this.#isCancelled = true;
    this.#close();
  }

  async #run({ judge, show, sent, ...request }: SourceOpeningOptions): Promise<Opened> {
    const { source } = request.config;
    try {
      await judge.look(request.device);
      this.#check();
      const opened = openSource({ ...request, passthrough: judge.decide() });
      this.#opened = opened;
      const isWanted = (): boolean => !this.#isCancelled;
      const isShown = show(opened.source);
      await firstFrameOf(opened.source, source, FIRST_FRAME_MS, isWanted);
      this.#check();
      // Only now: an encoder that is given no frames is not to be taken for a broken one.
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
    if (this.#isCancelled) throw new CameraFailure('The attempt to open the camera was given up.', 'Ask again.');
  }

  #close(): void {
    this.#opened?.source.close();
    this.#opened = null;
  }
}
