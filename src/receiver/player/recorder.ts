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
  /** Names of successive files; existing ones are skipped: see reserve. */
  fileName(number: number): string;
  container: Container;
  /** ns; see shareClock. */
  baseTime: bigint;
  /** A file was started. */
  onFile(file: string): void;
  /** Recording has ended for good. */
  onFailed(detail: string): void;
}

interface Part {
  pipeline: Pipeline;
  input: ChangingInput;
  file: string;
  /** Size and parameter sets of the stream; empty until known. The file accepts no others. */
  caps: string;
}

/** Minimum time between the starts of two files. */
const MIN_PART_MS = 1_000;
const CLOSE_MS = 2_000;
const POLL_MS = 10;
/** Numbered files of one name; beyond that it is an error. */
const MAX_FILES = 10_000;

/**
 * Records a camera's stream without transcoding, across all of its sessions, with gaps in between. If the stream
 * changes in a way that the file cannot represent (another size), the next file is started.
 *
 * Existing files are never overwritten: one may be the recording of this very command, before its player died.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  #part: Part | null = null;
  /** Parts that are being finished. */
  readonly #finishing = new Set<Promise<void>>();
  #section: Section | null = null;
  #beganAt = 0;
  #failed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Records this section; null pauses. */
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

  /** Checks for errors and changes of the stream; call it regularly. */
  poll(): void {
    if (!this.#part) return;
    const { error } = drainBus(this.#part.pipeline);
    if (!error && isSameStream(this.#part)) return;
    const { file } = this.#part;
    this.#finish();
    if (error && !this.#mayContinue(file, error)) return;
    this.take(this.#section);
    this.#section?.requestKeyframe();
  }

  /** Finishes the file. */
  async close(): Promise<void> {
    this.#finish();
    await Promise.all(this.#finishing);
  }

  /** Stops the input of the file and finalizes it. */
  #finish(): void {
    const part = this.#part;
    this.#part = null;
    if (!part) return;
    part.input.take(null);
    const finished = finish(part).finally(() => this.#finishing.delete(finished));
    this.#finishing.add(finished);
  }

  // After an error of the disk or the file another file would fail too, as after a failure right at its start.
  #mayContinue(file: string, { element: name, message }: ElementError): boolean {
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
      // Timestamps of a file begin at 0.
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

/** Creates the first of these files that does not exist. @throws Error if none can be created */
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
 * Whether the stream is unchanged since the first frame. Another size or other parameter sets stop at `form`: mp4mux
 * would accept them, and at the end overwrite the first frames with its longer header, so that the file could not be
 * played.
 */
function isSameStream(part: Part): boolean {
  const caps = pad(element(part.pipeline, 'parse'), 'src').getCurrentCaps();
  if (!caps || caps.getSize() === 0) return true;
  if (part.caps !== '') return caps.toString() === part.caps;
  element(part.pipeline, 'form').caps = caps;
  part.caps = caps.toString();
  return true;
}

/** Finalizes a file without further input, and closes its pipeline. */
async function finish({ pipeline }: Part): Promise<void> {
  // The pads in front hold back EOS, and accept nothing after an error.
  element(pipeline, 'form').sendEvent(Gst.Event.newEos());
  const until = performance.now() + CLOSE_MS;
  while (performance.now() < until) {
    const { eos, error } = drainBus(pipeline);
    if (eos || error?.element === 'file') break;
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
  closePipeline(pipeline);
}
