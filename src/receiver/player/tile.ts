import { type Element, Gst, type Pipeline, type Sample } from '../../gst/native.js';
import { element } from '../../gst/pipeline.js';
import type { Tee } from '../../gst/tee.js';
import { ChangingInput } from '../../gst/tee-link.js';

/** From one drawing of the age of an old picture to the next. */
export const REDRAW_MS = 100;

/**
 * One camera's place on the screen, for as long as the screen is there: its sessions come and go. While pictures come they
 * go straight through; when they do not, the last one is drawn again and again with how old it is. A still picture that
 * looks alive would be the worst that a robot's operator could be shown.
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

  /** @param black what is shown before the first picture */
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

  /** Takes pictures from there; null takes none. */
  take(from: Tee | null): void {
    this.#input.take(from);
  }

  /** The picture that is shown, or was last; null before the first. */
  get picture(): Sample | null {
    return (this.#last.lastSample as Sample | null) ?? null;
  }

  /**
   * Says over the picture what is wrong, and draws it again, as no other comes; null when pictures come again.
   * To be called each REDRAW_MS.
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
    const picture = this.picture ?? this.#black;
    // A buffer of its own, whose time is now: an old one would come too late for a composed screen.
    const buffer = picture.getBuffer().copyDeep();
    buffer.pts = Gst.SystemClock.obtain().getTime() - this.#baseTime;
    buffer.dts = Gst.CLOCK_TIME_NONE;
    this.#snapshot.emit('push-sample', Gst.Sample.new(buffer, picture.getCaps(), null, null));
  }
}

/** textoverlay takes its text for Pango's markup: at an `&` it would show nothing, and at `<b>` what a stranger wants. */
const escapeMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
