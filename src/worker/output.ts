import type { Sample } from '../gst/native.js';
import type { Tee } from '../gst/tee.js';
import type { VideoCodecName } from '../protocol/codecs.js';
import { Channel, type Stage } from './channel.js';
import type { EncoderChoice } from './encoder-choice.js';
import { Encoding } from './encoding.js';
import { CameraFailure } from './failure.js';
import { KeptPictures } from './kept-pictures.js';
import type { CameraFormat } from './launch.js';
import { Rendition } from './rendition.js';
import { Slate } from './slate.js';
import { decodeLast } from './still.js';
import type { StreamPipeline } from './stream-pipeline.js';

/** What a camera's stream is made with. */
export interface OutputSettings extends CameraFormat {
  /** Bit/s. */
  bitrate: number;
  /** Frames. */
  keyframeInterval: number;
}

export interface OutputOptions {
  settings: OutputSettings;
  encoders: EncoderChoice;
  /** ns; see shareClock. */
  baseTime: bigint;
  /** Another stage is on air, or a rendition came or went. */
  onChange(): void;
  /** No encoder opens any more. */
  onFailure(failure: CameraFailure): void;
  /** What viewers of VP8 are sent cannot be made. */
  onVp8Failure(failure: CameraFailure): void;
}

/** A stage may take so long to its first picture: drivers of encoders do. */
const PATIENCE_MS = 8_000;

/**
 * What an open camera's viewers are sent: of its encoder, or of a source that is passed on; and while the source is
 * lost, a slate. They stay where they are while one takes the place of another.
 */
export class Output {
  readonly #options: OutputOptions;
  #settings: OutputSettings;
  #main: Channel | null = null;
  #vp8: Channel | null = null;
  #encoding: Encoding | null = null;
  #slate: Slate | null = null;
  #kept: KeptPictures | null = null;
  #keyframeMs = 0;
  /** Counts what was asked to be shown: who awaits something looks whether it is still wanted. */
  #turn = 0;
  #isClosed = false;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  /** Null before anything is shown. */
  get codec(): VideoCodecName | null {
    return this.#main?.codec ?? null;
  }

  /** What is on air; null before anything is. */
  get stream(): StreamPipeline | null {
    return this.#main?.onAir.stream ?? null;
  }

  /** The element that encodes; null while the source's own stream is passed on. */
  get encoder(): string | null {
    return this.#encoding?.encoder.element ?? null;
  }

  get hasVp8(): boolean {
    return this.#vp8 !== null;
  }

  /** Encodes raw pictures. @throws CameraFailure if no encoder opens */
  showPictures(from: Tee): void {
    this.#turn++;
    const encoding = this.#encode(from);
    this.#closeSlate();
    this.#bring(encoding);
  }

  /** Passes a source's own stream on. Its codec is that of what was shown before. */
  showStream(source: Stage): void {
    const turn = ++this.#turn;
    void this.#bring(source).then(() => {
      if (turn !== this.#turn || this.#main?.onAir !== source) return;
      this.#encoding = null;
      this.#closeSlate();
      this.#forgetKept();
      this.#kept = new KeptPictures(source.stream.video.taps);
    });
  }

  /**
   * Shows that the camera is lost, by its last picture; nothing, where its viewers are sent another codec than H.264.
   * @param title in capitals
   * @param since performance.now() of that picture
   * @throws CameraFailure if no encoder opens
   */
  async showSlate(title: string, since: number): Promise<void> {
    // There is no encoder for the codecs that publishers may send beside it.
    if (this.codec !== 'H264') return;
    const turn = ++this.#turn;
    const picture = await this.lastPicture().catch(() => null);
    if (turn !== this.#turn || this.#isClosed) return;
    const video = this.stream?.facts();
    const options = {
      format: {
        ...this.#settings,
        ...(video?.width && video.height ? { width: video.width, height: video.height } : {}),
      },
      title,
      since,
      baseTime: this.#options.baseTime,
    };
    let slate = new Slate({ ...options, picture });
    // Whatever is the matter with the picture, the words are what counts.
    if (!(await slate.firstPicture()) && picture) {
      slate.close();
      slate = new Slate({ ...options, picture: null });
      await slate.firstPicture();
    }
    if (turn !== this.#turn || this.#isClosed) {
      slate.close();
      return;
    }
    const before = this.#slate;
    this.#slate = slate;
    const encoding = this.#encode(slate.tee);
    before?.close();
    this.#bring(encoding);
  }

  /** Takes on other settings; what runs goes on. */
  change(settings: OutputSettings): void {
    this.#settings = settings;
    const encoding = this.#encoding;
    if (!encoding) return;
    encoding.limitRate(settings.framerate);
    if (!encoding.change(settings)) this.#replace(encoding);
    this.#vp8Stage()?.change(settings);
  }

  /** Looks whether what is on air goes on; an encoder that failed is replaced by the next. */
  look(): void {
    const encoding = this.#encoding;
    if (!encoding) return;
    const { failed } = encoding.stream.look();
    if (!failed) return;
    const why = typeof failed === 'string' ? failed : `${failed.element}: ${failed.message}`;
    this.#reject(encoding, why);
  }

  /** Resolves when the first of all has a picture; rejects when it is closed before. @throws CameraFailure */
  async firstPicture(): Promise<void> {
    let encoding = this.#encoding;
    let until = performance.now() + PATIENCE_MS;
    while (!this.#isClosed) {
      if (this.stream && this.stream.video.count() > 0) return;
      if (encoding !== this.#encoding) {
        encoding = this.#encoding;
        until = performance.now() + PATIENCE_MS;
      } else if (encoding && performance.now() > until) {
        this.#reject(encoding, NOTHING_ENCODED);
      }
      await new Promise(resolve => setTimeout(resolve, FIRST_PICTURE_POLL_MS));
    }
    throw new CameraFailure('It was closed before its first picture.', 'Ask again.');
  }

  /** Where viewers of a codec are attached. @throws CameraFailure */
  channel(codec: VideoCodecName): { channel: () => Channel | null; ready: Promise<void> } {
    if (codec === this.codec) return { channel: () => this.#main, ready: Promise.resolve() };
    if (codec !== 'VP8' || !this.stream)
      throw new CameraFailure(`The camera is sent in ${this.codec} now, not in ${codec}.`, 'Ask again.');
    this.#vp8 ??= new Channel(this.#rendition(this.stream));
    const rendition = this.#vp8Stage();
    return {
      channel: () => this.#vp8,
      ready: rendition?.ready ?? Promise.resolve(),
    };
  }

  closeVp8(): void {
    this.#vp8?.close();
    this.#vp8 = null;
    this.#options.onChange();
  }

  /** See Encoding.forgetPicture. */
  forgetPicture(): void {
    this.#encoding?.forgetPicture();
  }

  /** Spaces keyframes on request; see StreamPipeline. */
  limitKeyframes(ms: number): void {
    this.#keyframeMs = ms;
    this.stream?.limitKeyframes(ms);
    this.#vp8?.onAir.stream.limitKeyframes(ms);
  }

  /**
   * The last raw picture; one that is passed on is decoded for it. Null where no keyframe is left of it.
   * @throws Error if it cannot be decoded
   */
  async lastPicture(): Promise<Sample | null> {
    if (this.#slate?.picture) return this.#slate.picture;
    const raw = this.stream?.lastPicture() ?? this.#vp8?.onAir.stream.lastPicture();
    if (raw) return raw;
    const { codec } = this;
    const kept = this.#kept?.take() ?? [];
    return codec && kept.length > 0 ? await decodeLast(kept, codec) : null;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forgetKept();
    this.#vp8?.close();
    this.#main?.close();
    this.#closeSlate();
  }

  /** The encoder that there is, or the first that opens, with other pictures to encode. @throws CameraFailure */
  #encode(from: Tee): Encoding {
    this.#encoding ??= this.#open();
    this.#encoding.feed(from);
    // While another encoder is on its way, the one on air goes on.
    const onAir = this.#main?.onAir;
    if (onAir instanceof Encoding) onAir.feed(from);
    return this.#encoding;
  }

  #open(): Encoding {
    const { encoders, baseTime } = this.#options;
    for (;;) {
      const encoder = encoders.next();
      try {
        return new Encoding(encoder, this.#settings, this.#settings.framerate, baseTime);
      } catch (error) {
        encoders.reject(encoder, error instanceof Error ? error.message : String(error));
      }
    }
  }

  #reject(encoding: Encoding, why: string): void {
    this.#options.encoders.reject(encoding.encoder, why);
    this.#replace(encoding);
  }

  /** Goes on with a new encoder, from the same pictures; where there is none, whoever watches is told. */
  #replace(before: Encoding): void {
    const from = before.source;
    let encoding: Encoding;
    try {
      encoding = this.#open();
    } catch (error) {
      this.#options.onFailure(error as CameraFailure);
      return;
    }
    encoding.feed(from);
    this.#encoding = encoding;
    this.#bring(encoding);
  }

  async #bring(stage: Stage): Promise<void> {
    if (!this.#main) {
      this.#main = new Channel(stage);
      return;
    }
    const came = await this.#main.bring(stage, PATIENCE_MS);
    if (this.#isClosed) return;
    // Nothing was said to be wrong, or `look` would have seen to it.
    if (came === 'late' && stage === this.#encoding) this.#reject(this.#encoding, NOTHING_ENCODED);
    if (came !== 'on air') return;
    if (stage === this.#encoding) this.#forgetKept();
    stage.stream.limitKeyframes(this.#keyframeMs);
    if (this.#vp8) {
      const rendition = this.#rendition(stage.stream);
      void this.#vp8.bring(rendition, PATIENCE_MS);
    }
    this.#options.onChange();
  }

  #rendition(from: StreamPipeline): Rendition {
    const rendition = new Rendition(from, this.#settings, failure => {
      if (this.#vp8?.onAir === rendition) this.#options.onVp8Failure(failure);
    });
    rendition.ready.then(
      () => this.#options.onChange(),
      (failure: CameraFailure) => {
        if (this.#vp8?.onAir === rendition) this.#options.onVp8Failure(failure);
      },
    );
    return rendition;
  }

  #vp8Stage(): Rendition | null {
    return (this.#vp8?.onAir as Rendition | undefined) ?? null;
  }

  #forgetKept(): void {
    this.#kept?.close();
    this.#kept = null;
  }

  #closeSlate(): void {
    this.#slate?.close();
    this.#slate = null;
  }
}

const FIRST_PICTURE_POLL_MS = 5;
const NOTHING_ENCODED = `it encoded nothing within ${PATIENCE_MS / 1000} s`;
