import type { Source } from '../../domain/source.js';
import { passed } from '../../gst/meter.js';
import { type Element, Gst, type Pad, type Pipeline } from '../../gst/native.js';
import { closePipeline, drainBus, element, hasEnded, pad, parseLaunch, shareClock } from '../../gst/pipeline.js';
import { Tee } from '../../gst/tee.js';
import { type CameraFailure, explain } from '../failure.js';
import { FileLoop } from './file-loop.js';
import type { OpenedSource } from './opened-source.js';
import { showClock } from './time-mark.js';

export interface CaptureOptions {
  source: Source;
  /** From describeCapture. */
  line: string;
  /** The property of the element `source` that is not in the line; from sourceProperty. */
  property: readonly [name: string, value: string] | null;
  /** ns; see shareClock. */
  baseTime: bigint;
}

/** A source of raw frames, from its opening to its end. A new pipeline every time: not every source opens twice. */
export class Capture implements OpenedSource {
  /** Where encoders take the frames. */
  readonly tee: Tee;
  readonly #source: Source;
  readonly #pipeline: Pipeline;
  readonly #captured: Element;
  readonly #end: Pad;
  readonly #loop: FileLoop | null;
  #isClosed = false;

  /** Builds and starts it. @throws PipelineError if an element is missing */
  constructor({ source, line, property, baseTime }: CaptureOptions) {
    this.#source = source;
    this.#pipeline = parseLaunch(line);
    if (property) element(this.#pipeline, 'source')[property[0]] = property[1];
    this.#captured = element(this.#pipeline, 'captured');
    this.#end = pad(this.#captured, 'src');
    this.tee = new Tee(this.#pipeline, element(this.#pipeline, 'taken'));
    shareClock(this.#pipeline, baseTime);
    showClock(this.#pipeline, baseTime);
    this.#loop = source.type === 'file' ? new FileLoop(this.#pipeline, this.#end) : null;
    if (!this.#loop) this.#pipeline.setState(Gst.State.PLAYING);
  }

  /** Sets the maximum frames per second, if the camera delivers more than requested. */
  limitRate(framerate: number): void {
    const thin = this.#pipeline.getByName('thin');
    if (thin && thin.maxRate !== framerate) thin.maxRate = framerate;
  }

  /** Frames that were dropped, as the camera delivers more than requested. */
  thinned(): number {
    return Number(this.#pipeline.getByName('thin')?.drop ?? 0);
  }

  count(): number {
    return passed(this.#captured).buffers;
  }

  check(): CameraFailure | null {
    const { error, eos, segmentDone } = drainBus(this.#pipeline);
    if (error || eos || hasEnded(this.#end)) return explain(this.#source, error ?? 'it ended');
    this.#loop?.update(segmentDone);
    return null;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closePipeline(this.#pipeline);
    this.tee.clear();
  }
}
