import { inspectMachine } from '../../gst/machine.js';
import { passed } from '../../gst/meter.js';
import { type Element, Gst, type Pipeline, type Sample } from '../../gst/native.js';
import { closePipeline, element, parseLaunch, shareClock } from '../../gst/pipeline.js';
import { Tee } from '../../gst/tee.js';
import { formatAge } from '../../protocol/age.js';
import { firstFrame } from './first-frame.js';
import type { CameraFormat } from './launch.js';
import { describePlaceholder } from './still-image-lines.js';

export interface PlaceholderOptions {
  /** The camera's last frame; null if there is none. */
  frame: Sample | null;
  /** The format without a frame; with one, only the rate counts. */
  format: CameraFormat;
  /** A few words in capitals. */
  title: string;
  /** performance.now() of the last frame; null if there never was one. */
  since: number | null;
  baseTime: bigint;
}

const TICK_MS = 250;
const FIRST_FRAME_MS = 1_000;

/**
 * What viewers see while their camera sends no frames: its last frame dimmed, why, and for how long, counting. A frozen
 * frame that looks alive is the worst that a robot's operator could see.
 */
export class Placeholder {
  /** Where encoders take the frames. */
  readonly tee: Tee;
  /** The camera's last frame, not dimmed. */
  readonly frame: Sample | null;
  readonly #pipeline: Pipeline;
  readonly #age: Element;
  readonly #since: number | null;
  readonly #timer: NodeJS.Timeout;
  #isClosed = false;

  /** Builds and starts it. @throws PipelineError if an element is missing */
  constructor({ frame, format, title, since, baseTime }: PlaceholderOptions) {
    this.frame = frame && copyOf(frame);
    const { framerate, caps } = rateOf(frame?.getCaps()?.toString() ?? null, format.framerate);
    this.#pipeline = parseLaunch(describePlaceholder(format, framerate, caps, inspectMachine()));
    shareClock(this.#pipeline, baseTime);
    this.tee = new Tee(this.#pipeline, element(this.#pipeline, 'taken'));
    this.#since = since;
    this.#age = element(this.#pipeline, 'age');
    element(this.#pipeline, 'title').text = title;
    if (caps) {
      element(this.#pipeline, 'frame').caps = frame?.getCaps();
      // The caps of the camera's frames, so that the encoder is not reconfigured.
      element(this.#pipeline, 'as').caps = Gst.Caps.fromString(caps);
    }
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#pipeline.setState(Gst.State.PLAYING);
    if (frame) {
      const source = element(this.#pipeline, 'frame');
      source.emit('push-sample', this.frame);
      source.emit('end-of-stream');
    }
  }

  /** Resolves with whether its first frame has arrived, which takes a moment: text layout comes first. */
  async firstFrame(): Promise<boolean> {
    const shown = element(this.#pipeline, 'shown');
    const found = await firstFrame({
      count: () => passed(shown).buffers,
      timeoutMs: FIRST_FRAME_MS,
      keepWaiting: () => !this.#isClosed,
    });
    return found === 'arrived';
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    closePipeline(this.#pipeline);
    this.tee.clear();
  }

  #tick(): void {
    this.#age.text = this.#since === null ? '' : formatAge((performance.now() - this.#since) / 1000);
  }
}

/** Opens a placeholder, without the frame if none arrives with it: the text matters most. */
export async function openPlaceholder(options: PlaceholderOptions): Promise<Placeholder> {
  const placeholder = new Placeholder(options);
  if ((await placeholder.firstFrame()) || !options.frame) return placeholder;
  placeholder.close();
  const withoutFrame = new Placeholder({ ...options, frame: null });
  await withoutFrame.firstFrame();
  return withoutFrame;
}

/**
 * A deep copy of the frame. While a buffer of a V4L2 driver is referenced, its device stays open and keeps its number,
 * so that the camera returns under another one, and some drivers do not return before it is closed. A frame that is not
 * in system memory is a converter's copy already.
 */
function copyOf(frame: Sample): Sample {
  const caps = frame.getCaps();
  if (caps?.toString().includes('(memory:')) return frame;
  return Gst.Sample.new(frame.getBuffer().copyDeep(), caps, null, null);
}

/**
 * The frame rate of a placeholder, as a fraction, and its caps: those of the camera's last frame, which may lack the
 * rate if the frame was decoded.
 */
export function rateOf(caps: string | null, framerate: number): { framerate: string; caps: string | null } {
  const known = /framerate=\(fraction\)([1-9]\d*\/\d+)/.exec(caps ?? '')?.[1];
  const rate = known ?? `${framerate}/1`;
  const named = caps?.replace(/, framerate=\(fraction\)\d+\/\d+/, '') ?? null;
  return { framerate: rate, caps: named && `${named}, framerate=(fraction)${rate}` };
}
