import { Gst, type Pipeline } from '../../gst/native.js';
import { closePipeline, drainBus, element, parseLaunch, shareClock } from '../../gst/pipeline.js';
import { ChangingInput } from '../../gst/tee-link.js';
import type { PipeFormat } from '../../messages/player.js';
import { describePipe, PIPES } from './lines.js';
import type { Section } from './section.js';

/** A row of a raw picture is padded to four bytes otherwise, in a plane of half the width too, and readers expect none. */
const ROW = 8;

export interface PipeOptions {
  format: PipeFormat;
  baseTime: bigint;
  /** The size of every picture that is written. */
  onSize(size: { width: number; height: number }): void;
  /** Nobody reads any more. */
  onClosed(): void;
  /** It cannot go on. */
  onFailed(detail: string): void;
}

/**
 * A camera's pictures on stdout, for ROS, OpenCV or ffmpeg; GStreamer writes them. All have the size of the first: whoever
 * reads raw pictures cannot learn of another.
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
    // Its size comes with the first picture: see look.
    else if (!section) this.#input.take(null);
  }

  /** Looks after it; to be called often. */
  look(section: Section | null): void {
    const { error } = drainBus(this.#pipeline);
    if (error && !this.#isOver) {
      this.#isOver = true;
      // EPIPE, in fdsink's words.
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
