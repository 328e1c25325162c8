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
  /** The last that the camera brought; null where nothing is left of it. */
  picture: Sample | null;
  /** What is made where there is no picture; of one that there is, the rate alone counts. */
  format: CameraFormat;
  /** In capitals, a few. */
  title: string;
  /** performance.now() of the last picture; null if there never was one. */
  since: number | null;
  baseTime: bigint;
}

const TICK_MS = 250;
const FIRST_FRAME_MS = 1_000;

/**
 * What viewers see while their camera brings nothing: its last picture dimmed, why, and for how long, counting. A still
 * picture that looks alive would be the worst that a robot's operator could be shown.
 */
export class Placeholder {
  /** Where encoders take the pictures. */
  readonly tee: Tee;
  /** As the camera brought it. */
  readonly picture: Sample | null;
  readonly #pipeline: Pipeline;
  readonly #age: Element;
  readonly #since: number | null;
  readonly #timer: NodeJS.Timeout;
  #isClosed = false;

  /** Builds and starts it. @throws PipelineError if an element is missing */
  constructor({ picture, format, title, since, baseTime }: PlaceholderOptions) {
    this.picture = picture && copyOf(picture);
    const { framerate, caps } = rateOf(picture?.getCaps()?.toString() ?? null, format.framerate);
    this.#pipeline = parseLaunch(describePlaceholder(format, framerate, caps, inspectMachine()));
    shareClock(this.#pipeline, baseTime);
    this.tee = new Tee(this.#pipeline, element(this.#pipeline, 'taken'));
    this.#since = since;
    this.#age = element(this.#pipeline, 'age');
    element(this.#pipeline, 'title').text = title;
    if (caps) {
      element(this.#pipeline, 'picture').caps = picture?.getCaps();
      // As the camera's were: the encoder goes on with what it is set to.
      element(this.#pipeline, 'as').caps = Gst.Caps.fromString(caps);
    }
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#pipeline.setState(Gst.State.PLAYING);
    if (picture) {
      const source = element(this.#pipeline, 'picture');
      source.emit('push-sample', this.picture);
      source.emit('end-of-stream');
    }
  }

  /** Resolves with whether there is a picture of it, which takes a moment: text is laid out first. */
  async firstFrame(): Promise<boolean> {
    const shown = element(this.#pipeline, 'shown');
    const found = await firstFrame({
      count: () => passed(shown).buffers,
      timeoutMs: FIRST_FRAME_MS,
      goesOn: () => !this.#isClosed,
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

/**
 * The same picture in memory of its own. While a buffer of a V4L2 driver is held, its device is open: it keeps its number,
 * so that the camera comes back under another one, and some drivers do not come back before it is closed. What is not in
 * system memory was copied there by a converter.
 */
function copyOf(picture: Sample): Sample {
  const caps = picture.getCaps();
  if (caps?.toString().includes('(memory:')) return picture;
  return Gst.Sample.new(picture.getBuffer().copyDeep(), caps, null, null);
}

/**
 * The rate at which a slate goes, as a fraction, and the caps that it has: those of the camera's last picture, of which a
 * decoded one may not say how many there were a second.
 */
export function rateOf(caps: string | null, framerate: number): { framerate: string; caps: string | null } {
  const known = /framerate=\(fraction\)([1-9]\d*\/\d+)/.exec(caps ?? '')?.[1];
  const rate = known ?? `${framerate}/1`;
  const named = caps?.replace(/, framerate=\(fraction\)\d+\/\d+/, '') ?? null;
  return { framerate: rate, caps: named && `${named}, framerate=(fraction)${rate}` };
}
