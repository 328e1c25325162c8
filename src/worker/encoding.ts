import { type Bin, type Element, Gst, type Pad } from '../gst/native.js';
import { make } from '../gst/pipeline.js';
import { joinDirectly, part } from '../gst/proxy.js';
import type { Tee } from '../gst/tee.js';
import { describeEncoder, type Encoder, type EncoderSettings, liveChange } from './encoders.js';
import { describeEncoding } from './launch.js';
import { lookAtMachine } from './machine.js';
import { StreamPipeline } from './stream-pipeline.js';

interface Feed {
  from: Tee;
  sink: Element;
  proxy: Bin;
  pad: Pad;
}

/**
 * An encoder and what its viewers are sent. Where its pictures come from may change while it runs: a camera that is lost
 * gives way to a slate, and comes back.
 */
export class Encoding {
  readonly stream: StreamPipeline;
  readonly encoder: Encoder;
  readonly #input: Element;
  #settings: EncoderSettings;
  #feed: Feed | null = null;

  /** Builds and starts it. @throws PipelineError if an element is missing */
  constructor(encoder: Encoder, settings: EncoderSettings, framerate: number, baseTime: bigint) {
    this.encoder = encoder;
    this.#settings = settings;
    const line = describeEncoding(encoderLine(encoder, settings), framerate);
    this.stream = new StreamPipeline('H264', line, baseTime, encoder.keyframe);
    this.#input = this.stream.element('in');
    // Without this pad the end of a source, which is said as an end of stream, would be the end of the encoder: it has
    // come when all pads have had it.
    this.#input.requestPadSimple('sink_%u');
    this.stream.video.hold();
    this.stream.play();
  }

  /** Where its pictures come from. */
  get source(): Tee | null {
    return this.#feed?.from ?? null;
  }

  /** Takes pictures from there, and no more from where they came from before; null takes none. */
  feed(from: Tee | null): void {
    const before = this.#feed;
    if (before?.from === from) return;
    this.#feed = null;
    if (before) {
      before.from.remove(before.sink);
      part(this.stream.pipeline, before.proxy);
      this.#input.releaseRequestPad(before.pad);
    }
    if (!from) return;
    const to = this.#input.requestPadSimple('sink_%u');
    if (!to) throw new Error('the funnel gave no pad');
    const sink = make('proxysink');
    const proxy = joinDirectly(this.stream.pipeline, sink, to);
    proxy.syncStateWithParent();
    from.add(sink);
    this.#feed = { from, sink, proxy, pad: to };
  }

  /**
   * Lets go of the last picture: it may be a buffer of a driver that does not let its device be opened anew until it
   * has all of them back.
   */
  forgetPicture(): void {
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

const machine = lookAtMachine();

/** The encoder's part of the launch line, with the properties that the installed element has. */
export function encoderLine(encoder: Encoder, settings: EncoderSettings): string {
  return describeEncoder(encoder, settings, machine);
}
