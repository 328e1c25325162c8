import { Gst, type Pad, type Pipeline } from '../../gst/native.js';
import { element, pad } from '../../gst/pipeline.js';

/**
 * Plays a file over and over, without a gap: as segments, at whose end the source says so and is sent back before the
 * queue behind it (`ahead`) has run dry. Timestamps begin at the running time at which it starts to play, by the
 * clocksync `clock`.
 */
export class FileLoop {
  readonly #pipeline: Pipeline;
  readonly #end: Pad;
  #isPlaying = false;

  /** @param end a pad behind it all, from which seeks go up: a pipeline would send them from each of its sinks */
  constructor(pipeline: Pipeline, end: Pad) {
    this.#pipeline = pipeline;
    this.#end = end;
    // It waits in PAUSED to be told to play in segments.
    pipeline.setState(Gst.State.PAUSED);
  }

  /** To be called again and again. @param segmentDone whether the bus said that the end was read */
  tend(segmentDone: boolean): void {
    if (this.#isPlaying) {
      // A short file is read to its end before its first picture is due. Without FLUSH running time goes on, so that
      // viewers see no jump.
      if (segmentDone) this.#seek(0);
      return;
    }
    if (element(this.#pipeline, 'ahead').currentLevelBuffers === 0) return;
    this.#isPlaying = true;
    // What waited would be late from the start.
    const now = Gst.SystemClock.obtain().getTime() - this.#pipeline.getBaseTime();
    pad(element(this.#pipeline, 'clock'), 'sink').setOffset(Number(now));
    this.#seek(Gst.SeekFlags.FLUSH);
    this.#pipeline.setState(Gst.State.PLAYING);
  }

  #seek(flags: number): void {
    const { Event, Format, SeekFlags, SeekType } = Gst;
    this.#end.sendEvent(Event.newSeek(1, Format.TIME, SeekFlags.SEGMENT | flags, SeekType.SET, 0, SeekType.NONE, -1));
  }
}
