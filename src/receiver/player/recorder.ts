import { closeSync, openSync } from 'node:fs';
import { Gst, type Pipeline } from '../../gst/native.js';
import {
  closePipeline,
  drainBus,
  type ElementError,
  element,
  pad,
  parseLaunch,
  shareClock,
} from '../../gst/pipeline.js';
import { ChangingInput } from '../../gst/tee-link.js';
import type { Container } from '../../messages/player.js';
import { describeRecording } from './lines.js';
import type { Section } from './section.js';

export interface RecorderOptions {
  /** Files that may be written one after the other, the first of them that is not there yet: see reserve. */
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
  /** What the stream is, its size and its parameter sets; empty until it is known. The file takes nothing else. */
  caps: string;
}

/** Between two attempts to begin another file. */
const MIN_PART_MS = 1_000;
const CLOSE_MS = 2_000;
const POLL_MS = 10;
/** Of one name, with numbers: whoever has more of them is better told. */
const MAX_FILES = 10_000;

/**
 * A camera's stream in a file, as it comes, over all of its sessions: what is missing between two of them is a gap. Where
 * the stream becomes one that the file cannot go on with (another size), another file is begun.
 *
 * No file that is there is written over: it may be what this very command recorded, before its player died.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  #part: Part | null = null;
  /** Those that are being finished. */
  readonly #finishing = new Set<Promise<void>>();
  #section: Section | null = null;
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
    if (!this.#part) return;
    const { error } = drainBus(this.#part.pipeline);
    if (!error && isStill(this.#part)) return;
    const { file } = this.#part;
    this.#finish();
    if (error && !this.#mayGoOn(file, error)) return;
    this.take(this.#section);
    this.#section?.requestKeyframe();
  }

  /** Finishes the file. */
  async close(): Promise<void> {
    this.#finish();
    await Promise.all(this.#finishing);
  }

  /** Nothing more gets into the file, and it ends as a whole one. */
  #finish(): void {
    const part = this.#part;
    this.#part = null;
    if (!part) return;
    part.input.take(null);
    const finished = finish(part).finally(() => this.#finishing.delete(finished));
    this.#finishing.add(finished);
  }

  // With the disk, or the file, another file would fare no better; and nor would one that is begun again and again.
  #mayGoOn(file: string, { element: name, message }: ElementError): boolean {
    if (name !== 'file' && performance.now() - this.#beganAt >= MIN_PART_MS) return true;
    this.#fail(`${file}: ${name === 'file' ? '' : `${name}: `}${message}`);
    return false;
  }

  #begin(): Part | null {
    const { container, fileName, baseTime, onFile } = this.#options;
    this.#beganAt = performance.now();
    let file = fileName(1);
    try {
      file = reserve(fileName);
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
      return { pipeline, file, input: new ChangingInput(pipeline, element(pipeline, 'in')), caps: '' };
    } catch (error) {
      this.#fail(`${file}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  #fail(detail: string): void {
    this.#failed = true;
    this.#options.onFailed(detail);
  }
}

/** Makes the first of these files that is not there yet, and is its owner. @throws Error if none can be made */
function reserve(fileName: (number: number) => string): string {
  for (let number = 1; ; number++) {
    const file = fileName(number);
    try {
      closeSync(openSync(file, 'wx'));
      return file;
    } catch (error) {
      if (number === MAX_FILES || (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * Whether what comes is what came from the first picture on. Another size or other parameter sets get no further than
 * `form`: mp4mux would take them, and at the end write its longer list of what is in the file over the first pictures, so
 * that nothing of it could be played.
 */
function isStill(part: Part): boolean {
  const caps = pad(element(part.pipeline, 'parse'), 'src').getCurrentCaps();
  if (!caps || caps.getSize() === 0) return true;
  if (part.caps !== '') return caps.toString() === part.caps;
  element(part.pipeline, 'form').caps = caps;
  part.caps = caps.toString();
  return true;
}

/** Ends a file of which nothing comes any more, and closes its pipeline. */
async function finish({ pipeline }: Part): Promise<void> {
  // The pads in front hold back the ends of streams, and take nothing any more after an error.
  element(pipeline, 'form').sendEvent(Gst.Event.newEos());
  const until = performance.now() + CLOSE_MS;
  while (performance.now() < until) {
    const { eos, error } = drainBus(pipeline);
    if (eos || error?.element === 'file') break;
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
  closePipeline(pipeline);
}
