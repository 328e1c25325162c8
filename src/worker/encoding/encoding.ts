import { inspectMachine } from '../../gst/machine.js';
import { Gst } from '../../gst/native.js';
import type { Tee } from '../../gst/tee.js';
import { ChangingInput } from '../../gst/tee-link.js';
import { describeEncoder, type Encoder, type EncoderSettings, liveChange } from './encoders.js';
import { describeEncoding } from './launch.js';
import { StreamPipeline } from './stream-pipeline.js';

/**
 * An encoder and what its viewers are sent. Where its pictures come from may change while it runs: a camera that is lost
 * gives way to a slate, and comes back.
 */
export class Encoding {
  readonly stream: StreamPipeline;
  readonly encoder: Encoder;
  readonly #input: ChangingInput;
  #settings: EncoderSettings;

  /** Builds and starts it. @throws PipelineError if an element is missing */
  constructor(encoder: Encoder, settings: EncoderSettings, framerate: number, baseTime: bigint) {
    this.encoder = encoder;
    this.#settings = settings;
    const line = describeEncoding(encoderLine(encoder, settings), framerate);
    this.stream = new StreamPipeline('H264', line, baseTime, encoder.keyframe);
    this.#input = new ChangingInput(this.stream.pipeline, this.stream.element('in'));
    this.stream.video.pause();
    this.stream.play();
  }

  /** Where its pictures come from. */
  get source(): Tee | null {
    return this.#input.source;
  }

  /** Takes pictures from there, and no more from where they came from before; null takes none. */
  feed(from: Tee | null): void {
    if (from === this.source) return;
    this.#input.take(from);
    // It is none of those that come from now on.
    if (from) this.forgetFrame();
  }

  /**
   * Lets go of the last picture: it may be a buffer of a driver that does not let its device be opened anew until it
   * has all of them back.
   */
  forgetFrame(): void {
    const last = this.stream.element('last');
    last.enableLastSample = false;
    last.enableLastSample = true;
  }

  /** Changes it while it runs. @returns whether this encoder can; if not, nothing has changed */
  change(settings: EncoderSettings): boolean {
    const change = liveChange(this.encoder, this.#settings, settings, machine);
    if (!change) return false;
    const encoder = this.stream.element('encoder');
    for (const [name, value] of Object.entries(change)) Gst.utilSetObjectArg(encoder, name, String(value));
    this.#settings = settings;
    return true;
  }

  /** Pictures a second, at the most. */
  limitRate(framerate: number): void {
    const rate = this.stream.element('rate');
    if (rate.maxRate !== framerate) rate.maxRate = framerate;
  }

  close(): void {
    this.feed(null);
    this.stream.close();
  }
}

const machine = inspectMachine();

/** The encoder's part of the launch line, with the properties that the installed element has. */
export function encoderLine(encoder: Encoder, settings: EncoderSettings): string {
  return describeEncoder(encoder, settings, machine);
}
