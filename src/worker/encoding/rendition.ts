import { inspectMachine } from '../../gst/machine.js';
import type { Bin, Element } from '../../gst/native.js';
import { make } from '../../gst/pipeline.js';
import type { Tee } from '../../gst/tee.js';
import { CameraFailure } from '../failure.js';
import type { EncoderSettings } from './encoders.js';
import { describeVp8 } from './launch.js';
import { StreamPipeline } from './stream-pipeline.js';

const FIRST_FRAME_MS = 8_000;
const SUPERVISE_MS = 250;

/** The element that encodes VP8. */
export const VP8_ENCODER = 'vp8enc';

/**
 * A camera's video encoded a second time, in VP8, for viewers that cannot take its own codec. In its own pipeline, so
 * that its failure is not the camera's.
 */
export class Rendition {
  readonly stream: StreamPipeline;
  /** The stream that it transcodes. */
  readonly from: StreamPipeline;
  /** Resolves with its first frame; rejects with a CameraFailure. */
  readonly ready: Promise<void>;
  readonly #tee: Tee;
  readonly #input: Element;
  readonly #onFailure: (failure: CameraFailure) => void;
  #supervisor: NodeJS.Timeout | null = null;
  #closed = false;

  /** Builds and starts it. @throws CameraFailure if an element is missing */
  constructor(from: StreamPipeline, settings: EncoderSettings, onFailure: (failure: CameraFailure) => void) {
    this.from = from;
    const { raw } = from;
    this.#tee = raw ?? from.video.branches;
    this.#onFailure = onFailure;
    this.#input = make('proxysink');
    try {
      this.stream = new StreamPipeline('VP8', describeVp8(settings, raw === null, inspectMachine()), from.baseTime);
    } catch (error) {
      throw new CameraFailure(
        `VP8 cannot be encoded: ${(error as Error).message}`,
        'Install gstreamer1.0-plugins-good, or use a player that receives H.264.',
      );
    }
    const source = this.stream.element('in') as Bin;
    source.proxysink = this.#input;
    // Of raw frames the last one is enough. Of an encoded stream all are needed; there decoded frames are dropped.
    if (raw) Object.assign(source.getChildByIndex(0), { leaky: LEAKY_DOWNSTREAM, maxSizeBuffers: 1 });
    this.stream.video.pause();
    this.stream.play();
    this.#tee.add(this.#input);
    if (!raw) from.video.requestKeyframe();
    this.ready = this.#firstFrame();
    this.ready.catch(() => undefined);
  }

  /** Applies other settings: vp8enc can change them while it runs. */
  change({ bitrate, keyframeInterval }: EncoderSettings): void {
    Object.assign(this.stream.element('encoder'), { targetBitrate: bitrate, keyframeMaxDist: keyframeInterval });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#supervisor) clearInterval(this.#supervisor);
    this.stream.close();
    this.#tee.remove(this.#input);
  }

  async #firstFrame(): Promise<void> {
    const found = await this.stream.firstFrame(FIRST_FRAME_MS, () => {
      if (this.#closed) return false;
      const { failed } = this.stream.check();
      if (failed) throw this.#failure(failed);
      return true;
    });
    if (found === 'late') throw this.#failure(`no frame within ${FIRST_FRAME_MS / 1000} s`);
    if (found === 'arrived') {
      this.#supervise();
      return;
    }
    throw this.#failure('it was closed before its first frame');
  }

  #supervise(): void {
    this.#supervisor = setInterval(() => {
      const { failed } = this.stream.check();
      if (!failed) return;
      if (this.#supervisor) clearInterval(this.#supervisor);
      this.#onFailure(this.#failure(failed));
    }, SUPERVISE_MS);
  }

  #failure(failed: string | { element: string; message: string }): CameraFailure {
    const why = typeof failed === 'string' ? failed : `${failed.element}: ${failed.message}`;
    return new CameraFailure(`VP8 is not being encoded: ${why}`, 'Use a player that receives H.264.');
  }
}

const LEAKY_DOWNSTREAM = 2;
