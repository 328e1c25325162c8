import type { Source } from '../domain/source.js';
import { Gst } from '../gst/native.js';
import { type CameraFailure, explain } from './failure.js';
import { type CameraFormat, describeCamera, sourceProperty } from './launch.js';
import { StreamPipeline } from './stream-pipeline.js';

const SUPERVISE_MS = 100;
/** A camera that brings nothing for so long has failed, whatever its driver says. */
const SILENT_MS = 5000;

/** What a camera's viewers are fed from: its own pipeline, or a publisher's. */
export interface LiveSource {
  readonly stream: StreamPipeline;
  /** Resolves when the first picture is there; rejects with a CameraFailure. */
  firstFrame(): Promise<void>;
  close(): void;
}

export interface OpenCameraOptions {
  source: Source;
  format: CameraFormat;
  /** From describeEncoder; null passes the source's H.264 on. */
  encoder: string | null;
  /** For a device or a network camera to bring its first picture. */
  firstFrameMs: number;
  onFailure: (failure: CameraFailure) => void;
}

/** A camera's pipeline from its opening to its end. Made new each time: GStreamer's sources do not all open twice. */
export class OpenCamera implements LiveSource {
  readonly stream: StreamPipeline;
  readonly #options: OpenCameraOptions;
  #supervisor: NodeJS.Timeout | null = null;
  #closed = false;

  /** Builds and starts it. @throws PipelineError if an element is missing */
  constructor(options: OpenCameraOptions) {
    this.#options = options;
    const { source, format, encoder } = options;
    this.stream = new StreamPipeline('H264', describeCamera(source, format, encoder));
    const property = sourceProperty(source);
    if (property) this.stream.element('source')[property[0]] = property[1];
    // A file waits in PAUSED to be told to play in segments (see #loop), so that it can start again without a gap.
    if (source.type === 'file') this.stream.pause();
    else this.stream.play();
  }

  async firstFrame(): Promise<void> {
    const { source, firstFrameMs } = this.#options;
    let looping = source.type !== 'file';
    const found = await this.stream.firstPicture(firstFrameMs, () => {
      if (this.#closed) return false;
      const { failed, segmentDone } = this.stream.look();
      if (failed) throw explain(source, failed === 'it ended' ? 'it ended before its first picture' : failed);
      // A short file is read to its end before its first picture is due.
      if (looping && segmentDone) this.#loop(0);
      if (!looping && this.stream.element('ahead').currentLevelBuffers !== 0) {
        looping = true;
        this.#loop(Gst.SeekFlags.FLUSH);
        this.stream.beginNow();
        this.stream.play();
      }
      return true;
    });
    if (found === 'late') throw explain(source, `it brought no picture within ${firstFrameMs / 1000} s`);
    if (found === 'there') {
      this.#supervise();
      return;
    }
    throw explain(source, 'it was closed before its first picture');
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#supervisor) clearInterval(this.#supervisor);
    this.stream.close();
  }

  #supervise(): void {
    const { source } = this.#options;
    this.#supervisor = setInterval(() => {
      const { failed, segmentDone } = this.stream.look();
      if (failed) this.#fail(explain(source, failed));
      else if (this.stream.silence() > SILENT_MS)
        this.#fail(explain(source, `it brought no picture for ${SILENT_MS / 1000} s`));
      else if (segmentDone) this.#loop(0);
    }, SUPERVISE_MS);
  }

  #fail(failure: CameraFailure): void {
    if (this.#supervisor) clearInterval(this.#supervisor);
    this.#options.onFailure(failure);
  }

  // Plays from the start as a segment: at its end the source says so, and is sent back before the queue behind it has
  // run dry. Without FLUSH running time goes on, so viewers see no jump.
  #loop(flags: number): void {
    const { Event, Format, SeekFlags, SeekType } = Gst;
    // From one pad: a pipeline would send it up from each of its sinks, which the viewers are.
    this.stream.video.sendUpstream(
      Event.newSeek(1, Format.TIME, SeekFlags.SEGMENT | flags, SeekType.SET, 0, SeekType.NONE, -1),
    );
  }
}
