import type { Sample } from '../../gst/native.js';
import type { Tee } from '../../gst/tee.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import { CameraFailure } from '../failure.js';
import { Channel, type StreamProducer } from './channel.js';
import type { EncoderChoice } from './encoder-choice.js';
import { Encoding } from './encoding.js';
import { firstFrame } from './first-frame.js';
import { frameAgeMs, sinceMs, timeOf } from './frame-time.js';
import { LastFrame } from './last-frame.js';
import type { CameraFormat } from './launch.js';
import { Placeholder } from './placeholder.js';
import { Rendition } from './rendition.js';
import { decodeLast, type Frame } from './snapshot.js';
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
const TIMEOUT_MS = 8_000;
/** A frame that a rendition has decoded is taken for the newest if it is no older than this, ms. */
const FRESH_MS = 1_000;

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
  #placeholder: Placeholder | null = null;
  /** Of a stream that is passed through. */
  #last: LastFrame | null = null;
  /** What was on air and is closed, to make room for another encoder of its kind. */
  #vacated: Encoding | null = null;
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
    return this.#main?.current.stream ?? null;
  }

  /** The element that encodes; null while the source's own stream is passed on. */
  get encoder(): string | null {
    return this.#encoding?.encoder.element ?? null;
  }

  get hasVp8(): boolean {
    return this.#vp8 !== null;
  }

  /** Encodes raw pictures. @throws CameraFailure if no encoder opens */
  showFrames(from: Tee): void {
    this.#turn++;
    const encoding = this.#encode(from);
    this.#closePlaceholder();
    this.#startSwitch(encoding);
  }

  /** Passes a source's own stream on. Its codec is that of what was shown before. */
  showStream(source: StreamProducer): void {
    const turn = ++this.#turn;
    // While nothing is shown yet from its first frame on, which is a keyframe; else from the next one on.
    const last = new LastFrame(source.stream);
    this.#startSwitch(source, () => {
      if (turn !== this.#turn || this.#main?.current !== source) {
        last.close();
        return;
      }
      this.#encoding = null;
      this.#closePlaceholder();
      this.#forgetLast();
      this.#last = last;
    });
  }

  /**
   * Shows that the camera is lost, by its last picture; nothing, where its viewers are sent another codec than H.264.
   * @param title in capitals
   * @param since performance.now() of that picture
   * @returns false where something else was to be shown before it was there
   * @throws CameraFailure if no encoder opens
   */
  async showPlaceholder(title: string, since: number): Promise<boolean> {
    // There is no encoder for the codecs that publishers may send beside it.
    if (this.codec !== 'H264') return true;
    const turn = ++this.#turn;
    const picture = this.#placeholder?.picture ?? (await this.#newest().catch(() => null))?.sample ?? null;
    if (turn !== this.#turn || this.#isClosed) return false;
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
    let placeholder = new Placeholder({ ...options, picture });
    // Whatever is the matter with the picture, the words are what counts.
    if (!(await placeholder.firstFrame()) && picture) {
      placeholder.close();
      placeholder = new Placeholder({ ...options, picture: null });
      await placeholder.firstFrame();
    }
    if (turn !== this.#turn || this.#isClosed) {
      placeholder.close();
      return false;
    }
    const before = this.#placeholder;
    this.#placeholder = placeholder;
    const encoding = this.#encode(placeholder.tee);
    before?.close();
    this.#startSwitch(encoding);
    return true;
  }

  /** Takes on other settings; what runs goes on. */
  change(settings: OutputSettings): void {
    this.#settings = settings;
    const encoding = this.#encoding;
    if (!encoding) return;
    encoding.limitRate(settings.framerate);
    if (!encoding.change(settings)) this.#replace(encoding);
    this.#vp8Producer()?.change(settings);
  }

  /** Looks whether what is on air goes on; an encoder that failed is replaced by the next. */
  check(): void {
    this.#last?.tend(performance.now());
    const encoding = this.#encoding;
    if (!encoding) return;
    const { failed } = encoding.stream.check();
    if (!failed) return;
    const why = typeof failed === 'string' ? failed : `${failed.element}: ${failed.message}`;
    this.#reject(encoding, why);
  }

  /**
   * Resolves when the first of all has a picture, or when that is not wanted any more; rejects when it is closed before.
   * @throws CameraFailure
   */
  async firstFrame(isWanted: () => boolean = () => true): Promise<void> {
    while (!this.#isClosed) {
      const encoding = this.#encoding;
      const found = await firstFrame({
        count: () => this.stream?.video.count() ?? 0,
        // A source that is passed through is waited for by whoever opened it.
        timeoutMs: encoding ? TIMEOUT_MS : Number.POSITIVE_INFINITY,
        // Another encoder has time of its own.
        goesOn: () => !this.#isClosed && this.#encoding === encoding && isWanted(),
      });
      if (found === 'arrived' || !isWanted()) return;
      if (found === 'late' && encoding) this.#reject(encoding, NOTHING_ENCODED);
    }
    throw new CameraFailure('It was closed before its first picture.', 'Ask again.');
  }

  /** Where viewers of a codec are attached. @throws CameraFailure */
  channel(codec: VideoCodecName): { channel: () => Channel | null; ready: Promise<void> } {
    if (codec === this.codec) return { channel: () => this.#main, ready: Promise.resolve() };
    if (codec !== 'VP8' || !this.stream)
      throw new CameraFailure(`The camera is sent in ${this.codec} now, not in ${codec}.`, 'Ask again.');
    this.#vp8 ??= new Channel(this.#rendition(this.stream));
    const rendition = this.#vp8Producer();
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
  forgetFrame(): void {
    this.#encoding?.forgetFrame();
  }

  /** Spaces keyframes on request; see StreamPipeline. */
  limitKeyframes(ms: number): void {
    this.#keyframeMs = ms;
    this.stream?.limitKeyframes(ms);
    this.#vp8?.current.stream.limitKeyframes(ms);
  }

  /**
   * The newest frame of the camera, raw; of a stream that is passed through it is decoded for this. Null where there is no
   * keyframe to begin with, and while the camera is lost.
   * @throws Error if it cannot be decoded
   */
  async lastFrame(): Promise<Frame | null> {
    return this.#placeholder ? null : await this.#newest();
  }

  /** For `lastFrame` to have a frame soon: asks for a keyframe, where a stream is passed through. */
  requestKeyframe(): void {
    this.#last?.requestKeyframe(performance.now());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forgetLast();
    this.#vp8?.close();
    this.#main?.close();
    this.#closePlaceholder();
  }

  /** The encoder that there is, or the first that opens, with other pictures to encode. @throws CameraFailure */
  #encode(from: Tee): Encoding {
    this.#encoding ??= this.#open();
    this.#encoding.feed(from);
    // While another encoder is on its way, the one on air goes on.
    const current = this.#main?.current;
    if (current instanceof Encoding && current !== this.#vacated) current.feed(from);
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
    const from = encoding.source;
    if (!this.#makeRoom(encoding)) this.#options.encoders.reject(encoding.encoder, why);
    this.#replace(encoding, from);
  }

  /**
   * Hardware limits how many sessions of an encoder run. One that failed beside another of its kind has failed on that,
   * perhaps, and is tried once more when the other is closed; its viewers wait until then.
   * @returns whether there is more room now
   */
  #makeRoom(failed: Encoding): boolean {
    const current = this.#main?.current;
    const isBeside =
      current instanceof Encoding &&
      current !== failed &&
      current !== this.#vacated &&
      current.encoder.element === failed.encoder.element;
    if (!isBeside) return false;
    this.#vacated = current;
    current.close();
    failed.close();
    return true;
  }

  /** Goes on with a new encoder, from the same pictures; where there is none, whoever watches is told. */
  #replace(before: Encoding, from = before.source): void {
    let encoding: Encoding;
    try {
      encoding = this.#open();
    } catch (error) {
      this.#options.onFailure(error as CameraFailure);
      return;
    }
    encoding.feed(from);
    this.#encoding = encoding;
    this.#startSwitch(encoding);
  }

  /**
   * Puts a stage on air as soon as it has a frame; what goes wrong with that is the camera's failure.
   * @param onDone is called when it is, or is not to be any more
   */
  #startSwitch(producer: StreamProducer, onDone: () => void = () => undefined): void {
    this.#switchTo(producer)
      .then(onDone)
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#options.onFailure(asFailure(error, 'Its viewers cannot be sent the new stream'));
      });
  }

  async #switchTo(producer: StreamProducer): Promise<void> {
    if (!this.#main) {
      this.#main = new Channel(producer);
      return;
    }
    const came = await this.#main.switchTo(producer, TIMEOUT_MS);
    if (this.#isClosed) return;
    // Nothing was said to be wrong, or `look` would have seen to it.
    if (came === 'late' && producer === this.#encoding) this.#reject(this.#encoding, NOTHING_ENCODED);
    if (came !== 'on air') return;
    this.#vacated = null;
    if (producer === this.#encoding) this.#forgetLast();
    producer.stream.limitKeyframes(this.#keyframeMs);
    if (this.#vp8) void this.#moveVp8(this.#vp8, producer.stream);
    this.#options.onChange();
  }

  /** Never rejects. */
  async #moveVp8(vp8: Channel, from: StreamPipeline): Promise<void> {
    try {
      const came = await vp8.switchTo(this.#rendition(from), TIMEOUT_MS);
      if (came === 'late') throw new CameraFailure(`VP8 is not being encoded: ${NOTHING_ENCODED}`, 'Ask again.');
    } catch (error) {
      if (this.#vp8 === vp8) this.#options.onVp8Failure(asFailure(error, 'VP8 cannot be sent'));
    }
  }

  #rendition(from: StreamPipeline): Rendition {
    const rendition = new Rendition(from, this.#settings, failure => {
      if (this.#vp8?.current === rendition) this.#options.onVp8Failure(failure);
    });
    rendition.ready
      .then(() => this.#options.onChange())
      .catch((error: unknown) => {
        if (this.#vp8?.current === rendition) this.#options.onVp8Failure(asFailure(error, 'VP8 cannot be sent'));
      });
    return rendition;
  }

  #vp8Producer(): Rendition | null {
    return (this.#vp8?.current as Rendition | undefined) ?? null;
  }

  /** Of what is on air, the placeholder included. @throws Error if it cannot be decoded */
  async #newest(): Promise<Frame | null> {
    const { stream, codec } = this;
    if (!stream || !codec) return null;
    const arrivedAt = stream.video.sentAt();
    const raw = stream.lastFrame();
    if (raw) return frameOf(raw, stream, arrivedAt);
    const rendition = this.#vp8Producer();
    const decoded = rendition?.from === stream ? rendition.stream.lastFrame() : null;
    const frame = decoded && frameOf(decoded, stream, arrivedAt);
    if (frame && performance.now() - frame.capturedAt < FRESH_MS) return frame;
    const chain = this.#last?.take() ?? [];
    return chain.length > 0 ? frameOf(await decodeLast(chain, codec), stream, arrivedAt) : null;
  }

  #forgetLast(): void {
    this.#last?.close();
    this.#last = null;
  }

  #closePlaceholder(): void {
    this.#placeholder?.close();
    this.#placeholder = null;
  }
}

const NOTHING_ENCODED = `it encoded nothing within ${TIMEOUT_MS / 1000} s`;

/** @param arrivedAt of the newest frame of the stream, performance.now() */
function frameOf(sample: Sample, { baseTime }: StreamPipeline, arrivedAt: number): Frame {
  const now = performance.now();
  const time = timeOf(sample);
  return { sample, capturedAt: now - frameAgeMs(time === null ? null : sinceMs(time, baseTime), now - arrivedAt) };
}

function asFailure(error: unknown, what: string): CameraFailure {
  if (error instanceof CameraFailure) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new CameraFailure(`${what}: ${why}.`, 'Ask again; the log of the server says more.');
}
