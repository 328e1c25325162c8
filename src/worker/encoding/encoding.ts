import { inspectMachine } from '../../gst/machine.js';
import { Gst } from '../../gst/native.js';
import type { Tee } from '../../gst/tee.js';
import { ChangingInput } from '../../gst/tee-link.js';
import { describeEncoder, type Encoder, type EncoderSettings, liveChange } from './encoders.js';
import { describeEncoding } from './launch.js';
import { StreamPipeline } from './stream-pipeline.js';

/**
 * An encoder and its stream. The source of its frames can change while it runs: from a lost camera to a placeholder and
 * back.
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

  /** Where its frames come from. */
  get source(): Tee | null {
    return this.#input.source;
  }

  /** Takes frames from `from` only; null takes none. */
  setSource(from: Tee | null): void {
    if (from === this.source) return;
    this.#input.take(from);
    // The last frame is of the previous source.
    if (from) this.forgetFrame();
  }

  /**
   * Releases the last frame: it may be a buffer of a driver that does not let its device be reopened before all buffers
   * are returned.
   */
  forgetFrame(): void {
    const last = this.stream.element('last');
    last.enableLastSample = false;
    last.enableLastSample = true;
  }

  /** Changes the settings of the running encoder. @returns false if this encoder cannot; then nothing has changed */
  change(settings: EncoderSettings): boolean {
    const change = liveChange(this.encoder, this.#settings, settings, machine);
    if (!change) return false;
    const encoder = this.stream.element('encoder');
    for (const [name, value] of Object.entries(change)) Gst.utilSetObjectArg(encoder, name, String(value));
    this.#settings = settings;
    return true;
  }

  /** The maximum frames per second. */
  limitRate(framerate: number): void {
    const rate = this.stream.element('rate');
    if (rate.maxRate !== framerate) rate.maxRate = framerate;
  }

  close(): void {
    this.setSource(null);
    this.stream.close();
  }
}

const machine = inspectMachine();

/** The encoder's part of the launch line, with the properties that the installed element has. */
export function encoderLine(encoder: Encoder, settings: EncoderSettings): string {
  return describeEncoder(encoder, settings, machine);
}
