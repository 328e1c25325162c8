import { passed, RateMeter } from '../../gst/meter.js';
import { type Element, Gst, GstVideo, type Pipeline, type Sample } from '../../gst/native.js';
import { element, pad } from '../../gst/pipeline.js';
import { pullSample } from '../../gst/sample-tap.js';
import { Tee } from '../../gst/tee.js';
import type { ReadMark } from '../../messages/player.js';
import { readTimeMark, TIME_MARK_CORNER } from '../../protocol/time-mark.js';
import type { Pulse } from './pulse.js';

const MAX_MARKS = 100;

/** One camera of a reception: the tees of its stream and its frames, and its counters. */
export class Section {
  /** The encoded stream. */
  readonly encoded: Tee;
  /** The decoded frames, in system memory; null without a decoder. */
  readonly decoded: Tee | null;
  readonly pulse: Pulse;
  readonly #pipeline: Pipeline;
  readonly #index: number;
  readonly #came: Element;
  readonly #shown: Element;
  readonly #rate = new RateMeter();
  readonly #marks: ReadMark[] = [];
  #cut = { right: 0, bottom: 0 };

  /** @param pulse of the camera, which outlives its sessions */
  constructor(pipeline: Pipeline, index: number, { decodes, pulse }: { decodes: boolean; pulse: Pulse }) {
    this.pulse = pulse;
    this.#pipeline = pipeline;
    this.#index = index;
    this.#came = element(pipeline, `came${index}`);
    this.#shown = decodes ? element(pipeline, `shown${index}`) : this.#came;
    this.encoded = new Tee(pipeline, element(pipeline, `encoded${index}`));
    this.decoded = decodes ? new Tee(pipeline, element(pipeline, `decoded${index}`)) : null;
  }

  /** Frames so far; decoded ones if there is a decoder. */
  frames(): number {
    return passed(this.#shown).buffers;
  }

  /** Frames that arrived so far, decoded or not. */
  came(): number {
    return passed(this.#came).buffers;
  }

  /** Frames/s, and bit/s of the encoded stream, since the last call. */
  rates(): { fps: number; bitrate: number } {
    return this.#rate.take({ buffers: this.frames(), bytes: passed(this.#came).bytes });
  }

  /** In pixels; null before the first frame. */
  size(): { width: number; height: number } | null {
    const caps = pad(this.#shown, 'src').getCurrentCaps();
    if (!caps || caps.getSize() === 0) return null;
    const [isWide, width] = caps.getStructure(0).getInt('width');
    const [isHigh, height] = caps.getStructure(0).getInt('height');
    return isWide && isHigh ? { width, height } : null;
  }

  /** The last decoded frame; null before the first, or without a decoder. */
  lastFrame(): Sample | null {
    return (this.#pipeline.getByName(`kept${this.#index}`)?.lastSample as Sample | null | undefined) ?? null;
  }

  /** Requests a keyframe from the sender. */
  requestKeyframe(): void {
    pad(this.#came, 'src').sendEvent(GstVideo.videoEventNewUpstreamForceKeyUnit(Gst.CLOCK_TIME_NONE, false, 0));
  }

  /** Reads the time mark of the newest frame, unless it was read already. */
  readMark(): void {
    const size = this.size();
    const sink = this.#pipeline.getByName(`mark${this.#index}`);
    if (!size || !sink) return;
    this.#crop(size);
    const sample = pullSample(sink);
    const caps = sample?.getCaps()?.getStructure(0);
    if (!sample || !caps) return;
    const buffer = sample.getBuffer();
    const [, width] = caps.getInt('width');
    const [, height] = caps.getInt('height');
    // Frames from before the crop.
    if (width > TIME_MARK_CORNER.width || height > TIME_MARK_CORNER.height) return;
    const data = buffer.extractDup(0, buffer.getSize());
    // Rows are padded to four bytes.
    const capturedNs = readTimeMark({ data, width: data.length / height, height, bytesPerPixel: 1 });
    const decodedNs = this.pulse.departureOf(buffer.pts);
    if (capturedNs !== null && decodedNs !== null && this.#marks.length < MAX_MARKS)
      this.#marks.push({ capturedNs, decodedNs });
  }

  /** The marks read since the last call. */
  takeMarks(): ReadMark[] {
    return this.#marks.splice(0);
  }

  close(): void {
    this.encoded.clear();
    this.decoded?.clear();
  }

  #crop({ width, height }: { width: number; height: number }): void {
    const right = Math.max(0, width - TIME_MARK_CORNER.width);
    const bottom = Math.max(0, height - TIME_MARK_CORNER.height);
    if (right === this.#cut.right && bottom === this.#cut.bottom) return;
    this.#cut = { right, bottom };
    Object.assign(element(this.#pipeline, `corner${this.#index}`), this.#cut);
  }
}
