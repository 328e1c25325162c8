import { type Element, Gst, type Pipeline, type Sample } from '../../gst/native.js';
import { element } from '../../gst/pipeline.js';
import type { Tee } from '../../gst/tee.js';
import { ChangingInput } from '../../gst/tee-link.js';

/** Interval at which the age of an old frame is redrawn. */
export const REDRAW_MS = 100;

/**
 * One camera's tile, which outlives its sessions. While frames arrive they go straight through; when they stop, the
 * last one is redrawn continually with its age. A frozen frame that looks live is the worst thing to show to a robot's
 * operator.
 */
export class Tile {
  readonly #input: ChangingInput;
  readonly #label: Element;
  readonly #alarm: Element;
  readonly #last: Element;
  readonly #snapshot: Element;
  readonly #black: Sample;
  readonly #baseTime: bigint;
  #text: string | null = '';

  /** @param black the frame to show before the first one */
  constructor(
    pipeline: Pipeline,
    index: number,
    { label, black, baseTime }: { label: string; black: Sample; baseTime: bigint },
  ) {
    this.#input = new ChangingInput(pipeline, element(pipeline, `in${index}`));
    this.#label = element(pipeline, `label${index}`);
    this.#alarm = element(pipeline, `alarm${index}`);
    this.#last = element(pipeline, `last${index}`);
    this.#snapshot = element(pipeline, `still${index}`);
    this.#black = black;
    this.#baseTime = baseTime;
    this.#label.text = escapeMarkup(label);
  }

  /** Takes frames from this tee; null takes none. */
  take(from: Tee | null): void {
    this.#input.take(from);
  }

  /** The last frame shown; null before the first. */
  get lastFrame(): Sample | null {
    return (this.#last.lastSample as Sample | null) ?? null;
  }

  /**
   * Draws the last frame again with this text over it; null while frames arrive.
   * Call it every REDRAW_MS.
   */
  warn(text: string | null): void {
    if (text !== this.#text) {
      this.#text = text;
      this.#alarm.silent = text === null;
      if (text !== null) this.#alarm.text = escapeMarkup(text);
    }
    if (text !== null) this.#redraw();
  }

  #redraw(): void {
    const frame = this.lastFrame ?? this.#black;
    // A copy with the current time: an old buffer would be too late for a composed screen.
    const buffer = frame.getBuffer().copyDeep();
    buffer.pts = Gst.SystemClock.obtain().getTime() - this.#baseTime;
    buffer.dts = Gst.CLOCK_TIME_NONE;
    this.#snapshot.emit('push-sample', Gst.Sample.new(buffer, frame.getCaps(), null, null));
  }
}

/** textoverlay parses its text as Pango markup: an `&` would hide it, and a `<b>` would let a stranger format it. */
const escapeMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
