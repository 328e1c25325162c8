import { Gst, type Pad, type Pipeline } from '../../gst/native.js';
import { element, pad } from '../../gst/pipeline.js';

/**
 * Plays a file in a loop without a gap, as segments: at SEGMENT_DONE it seeks back to the start before the queue behind
 * the source (`ahead`) is empty. The clocksync `clock` offsets timestamps to the running time at which playback starts.
 */
export class FileLoop {
  readonly #pipeline: Pipeline;
  readonly #end: Pad;
  #isPlaying = false;

  /** @param end the last pad, from which seeks are sent upstream: a pipeline would send them from each of its sinks */
  constructor(pipeline: Pipeline, end: Pad) {
    this.#pipeline = pipeline;
    this.#end = end;
    // PAUSED until the first seek, which makes it play in segments.
    pipeline.setState(Gst.State.PAUSED);
  }

  /** To be called periodically. @param segmentDone whether the bus had SEGMENT_DONE */
  update(segmentDone: boolean): void {
    if (this.#isPlaying) {
      // A short file is read to its end before its first frame is due. Without FLUSH running time continues, so that
      // viewers see no jump.
      if (segmentDone) this.#seek(0);
      return;
    }
    if (element(this.#pipeline, 'ahead').currentLevelBuffers === 0) return;
    this.#isPlaying = true;
    // Without the offset, queued frames would be late from the start.
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
