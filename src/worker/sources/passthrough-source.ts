import type { Source } from '../../domain/source.js';
import { Gst } from '../../gst/native.js';
import { pad } from '../../gst/pipeline.js';
import { StreamPipeline } from '../encoding/stream-pipeline.js';
import { type CameraFailure, explain } from '../failure.js';
import { FileLoop } from './file-loop.js';
import type { OpenedSource } from './opened-source.js';

export interface PassthroughSourceOptions {
  source: Source;
  /** From describePassthrough. */
  line: string;
  property: readonly [name: string, value: string] | null;
  baseTime: bigint;
}

/** A source whose own H.264 is passed through, from its opening to its end. */
export class PassthroughSource implements OpenedSource {
  readonly stream: StreamPipeline;
  readonly #source: Source;
  readonly #loop: FileLoop | null;

  /** Builds and starts it, paused (see Fanout.pause). @throws PipelineError if an element is missing */
  constructor({ source, line, property, baseTime }: PassthroughSourceOptions) {
    this.#source = source;
    this.stream = new StreamPipeline('H264', line, baseTime);
    if (property) this.stream.element('source')[property[0]] = property[1];
    this.stream.video.pause();
    const { pipeline } = this.stream;
    this.#loop =
      source.type === 'file' ? new FileLoop(pipeline, pad(this.stream.element('video-encoded'), 'src')) : null;
    if (!this.#loop) pipeline.setState(Gst.State.PLAYING);
  }

  count(): number {
    return this.stream.video.count();
  }

  check(): CameraFailure | null {
    const { failed, segmentDone } = this.stream.check();
    if (failed) return explain(this.#source, failed);
    this.#loop?.update(segmentDone);
    return null;
  }

  close(): void {
    this.stream.close();
  }
}
