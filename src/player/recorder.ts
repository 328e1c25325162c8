import { ChangingInput } from '../gst/feed.js';
import { Gst, type Pipeline } from '../gst/native.js';
import { closePipeline, drainBus, element, pad, parseLaunch, shareClock } from '../gst/pipeline.js';
import type { Container } from '../receiver/messages.js';
import { describeRecording } from './lines.js';
import type { Section } from './section.js';

export interface RecorderOptions {
  /** Files that are to be written one after the other: another one when the stream becomes another. */
  fileName(number: number): string;
  container: Container;
  /** ns; see shareClock. */
  baseTime: bigint;
  /** A file was begun. */
  onFile(file: string): void;
  /** It is over: nothing more is recorded. */
  onFailed(detail: string): void;
}

interface Part {
  pipeline: Pipeline;
  input: ChangingInput;
  file: string;
}

/** Between two attempts to begin another file. */
const MIN_PART_MS = 1_000;
const CLOSE_MS = 2_000;
const POLL_MS = 10;

/**
 * A camera's stream in a file, as it comes, over all of its sessions: what is missing between two of them is a gap. Where
 * the stream becomes one that the file cannot go on with (another size), another file is begun.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  #part: Part | null = null;
  #section: Section | null = null;
  #number = 0;
  #beganAt = 0;
  #failed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Records what comes there; null for nothing, until something comes again. */
  take(section: Section | null): void {
    this.#section = section;
    if (!section) {
      this.#part?.input.take(null);
      return;
    }
    if (this.#failed) return;
    this.#part ??= this.#begin();
    this.#part?.input.take(section.encoded);
  }

  /** Looks after it; to be called now and then. */
  look(): void {
    const { error } = this.#part ? drainBus(this.#part.pipeline) : { error: null };
    if (!error || !this.#part) return;
    const { file } = this.#part;
    this.#abandon();
    const said = `${file}: ${error.element === 'file' ? '' : `${error.element}: `}${error.message}`;
    // The disk, or the file: another file would fare no better, and nor would one that is begun again and again.
    if (error.element === 'file' || performance.now() - this.#beganAt < MIN_PART_MS) {
      this.#fail(said);
      return;
    }
    this.take(this.#section);
    this.#section?.requestKeyframe();
  }

  /** Finishes the file. */
  async close(): Promise<void> {
    const part = this.#part;
    this.#part = null;
    if (!part) return;
    part.input.take(null);
    // The pad that holds back the ends of streams is let go of by sending the end behind the funnel.
    element(part.pipeline, 'wait').sendEvent(Gst.Event.newEos());
    const until = performance.now() + CLOSE_MS;
    while (performance.now() < until) {
      const { eos, error } = drainBus(part.pipeline);
      if (eos || error) break;
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
    closePipeline(part.pipeline);
  }

  #begin(): Part | null {
    const { container, fileName, baseTime, onFile } = this.#options;
    const file = fileName(++this.#number);
    this.#beganAt = performance.now();
    try {
      const pipeline = parseLaunch(describeRecording(container));
      shareClock(pipeline, baseTime);
      element(pipeline, 'file').location = file;
      // A file begins at 0, whenever that is.
      const now = Gst.SystemClock.obtain().getTime() - baseTime;
      pad(element(pipeline, 'wait'), 'src').setOffset(-Number(now));
      if (pipeline.setState(Gst.State.PLAYING) === Gst.StateChangeReturn.FAILURE) {
        const why = drainBus(pipeline).error;
        closePipeline(pipeline);
        throw new Error(
          why ? `${why.message} ${why.debug.split('\n').slice(1).join(' ')}`.trim() : 'it cannot be written',
        );
      }
      onFile(file);
      return { pipeline, file, input: new ChangingInput(pipeline, element(pipeline, 'in')) };
    } catch (error) {
      this.#fail(`${file}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  #abandon(): void {
    if (!this.#part) return;
    this.#part.input.take(null);
    closePipeline(this.#part.pipeline);
    this.#part = null;
  }

  #fail(detail: string): void {
    this.#failed = true;
    this.#options.onFailed(detail);
  }
}
