import { Gst, type Pipeline } from '../../gst/native.js';
import { closePipeline, drainBus, element, parseLaunch, shareClock } from '../../gst/pipeline.js';
import { ChangingInput } from '../../gst/tee-link.js';
import type { PipeFormat } from '../../messages/player.js';
import { describePipe, PIPES } from './lines.js';
import type { Section } from './section.js';

/** Granularity of the width: other rows are padded to four bytes, chroma planes too, and readers expect no padding. */
const ROW = 8;

export interface PipeOptions {
  format: PipeFormat;
  baseTime: bigint;
  /** The size of every frame that is written. */
  onSize(size: { width: number; height: number }): void;
  /** The reader closed the pipe. */
  onClosed(): void;
  /** Writing failed for good. */
  onFailed(detail: string): void;
}

/**
 * A camera's video on stdout, for ROS, OpenCV or ffmpeg; GStreamer writes it. All frames have the size of the first: a
 * reader of raw frames cannot detect a change.
 */
export class Pipe {
  readonly #options: PipeOptions;
  readonly #pipeline: Pipeline;
  readonly #input: ChangingInput;
  #size: { width: number; height: number } | null = null;
  #isOver = false;

  constructor(options: PipeOptions) {
    this.#options = options;
    this.#pipeline = parseLaunch(describePipe(options.format));
    shareClock(this.#pipeline, options.baseTime);
    this.#input = new ChangingInput(this.#pipeline, element(this.#pipeline, 'in'));
    this.#pipeline.setState(Gst.State.PLAYING);
  }

  take(section: Section | null): void {
    if (PIPES[this.#options.format] === null) this.#input.take(section?.encoded ?? null);
    // The size is known with the first frame: see poll.
    else if (!section) this.#input.take(null);
  }

  /** Checks for errors and the first frame; call it often. */
  poll(section: Section | null): void {
    const { error } = drainBus(this.#pipeline);
    if (error && !this.#isOver) {
      this.#isOver = true;
      // fdsink's text for EPIPE.
      if (/Broken pipe/i.test(`${error.message} ${error.debug}`)) this.#options.onClosed();
      else this.#options.onFailed(`${error.message} ${error.debug.split('\n').slice(1).join(' ')}`.trim());
    }
    const raw = PIPES[this.#options.format];
    if (raw === null || !section?.decoded) return;
    const size = section.size();
    if (!size) return;
    if (!this.#size) {
      this.#size = { width: rowOf(size.width), height: size.height - (size.height % 2) };
      const { width, height } = this.#size;
      element(this.#pipeline, 'form').caps = Gst.Caps.fromString(
        `video/x-raw,format=${raw},width=${width},height=${height},pixel-aspect-ratio=1/1`,
      );
      this.#options.onSize(this.#size);
    }
    this.#input.take(section.decoded);
  }

  close(): void {
    this.#input.take(null);
    closePipeline(this.#pipeline);
  }
}

const rowOf = (width: number): number => Math.max(ROW, Math.round(width / ROW) * ROW);
