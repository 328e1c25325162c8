import { passed, RateMeter } from '../gst/meter.js';
import { type Element, Gst, GstVideo, type Message, type Pipeline, type Sample } from '../gst/native.js';
import { element, pad } from '../gst/pipeline.js';
import { Tee } from '../gst/tee.js';
import type { ReadMark } from '../receiver/messages.js';
import type { Pulse } from './pulse.js';

const MAX_MARKS = 100;

/** One camera of a reception: where its stream and its pictures are taken from, and how it goes. */
export class Section {
  /** The stream as it comes. */
  readonly encoded: Tee;
  /** Its pictures, in system memory; null where they are not decoded. */
  readonly decoded: Tee | null;
  readonly pulse: Pulse;
  readonly #pipeline: Pipeline;
  readonly #index: number;
  readonly #came: Element;
  readonly #shown: Element;
  readonly #rate = new RateMeter();
  readonly #marks: ReadMark[] = [];
  #corner = '';

  /** @param pulse of the camera, whose sessions come and go */
  constructor(pipeline: Pipeline, index: number, { decodes, pulse }: { decodes: boolean; pulse: Pulse }) {
    this.pulse = pulse;
    this.#pipeline = pipeline;
    this.#index = index;
    this.#came = element(pipeline, `came${index}`);
    this.#shown = decodes ? element(pipeline, `shown${index}`) : this.#came;
    this.encoded = new Tee(pipeline, element(pipeline, `encoded${index}`));
    this.decoded = decodes ? new Tee(pipeline, element(pipeline, `decoded${index}`)) : null;
  }

  /** Pictures so far; decoded ones, where they are. */
  pictures(): number {
    return passed(this.#shown).buffers;
  }

  /** Pictures that came so far, decoded or not. */
  came(): number {
    return passed(this.#came).buffers;
  }

  /** Pictures a second, and bit/s of what came, since the last call. */
  rates(): { fps: number; bitrate: number } {
    return this.#rate.take({ buffers: this.pictures(), bytes: passed(this.#came).bytes });
  }

  /** In pixels; null until there is a picture. */
  size(): { width: number; height: number } | null {
    const caps = pad(this.#shown, 'src').getCurrentCaps();
    if (!caps || caps.getSize() === 0) return null;
    const [isWide, width] = caps.getStructure(0).getInt('width');
    const [isHigh, height] = caps.getStructure(0).getInt('height');
    return isWide && isHigh ? { width, height } : null;
  }

  /** The last decoded picture; null before the first, or where none is decoded. */
  picture(): Sample | null {
    return (this.#pipeline.getByName(`departure${this.#index}`)?.lastSample as Sample | null | undefined) ?? null;
  }

  /** Asks the sender for a picture that needs no other. */
  requestKeyframe(): void {
    pad(this.#came, 'src').sendEvent(GstVideo.videoEventNewUpstreamForceKeyUnit(Gst.CLOCK_TIME_NONE, false, 0));
  }

  /** Looks for the time mark in this part of the pictures alone. */
  setCorner(corner: { left: number; top: number; right: number; bottom: number }): void {
    const key = JSON.stringify(corner);
    if (key === this.#corner) return;
    this.#corner = key;
    const crop = this.#pipeline.getByName(`corner${this.#index}`);
    if (crop) Object.assign(crop, corner);
  }

  markRead(message: Message): void {
    const said = message.getStructure();
    if (said?.getName() !== 'barcode') return;
    const text = said.getString('symbol');
    const [hasTime, pts] = said.getUint64('timestamp');
    if (text === null || !hasTime) return;
    const decodedNs = this.pulse.departureOf(BigInt(pts));
    if (decodedNs !== null && this.#marks.length < MAX_MARKS) this.#marks.push({ text, decodedNs });
  }

  /** Those that were read since the last call. */
  takeMarks(): ReadMark[] {
    return this.#marks.splice(0);
  }

  close(): void {
    this.encoded.clear();
    this.decoded?.clear();
  }
}
