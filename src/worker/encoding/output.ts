import type { Tee } from '../../gst/tee.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import { asFailure, CameraFailure } from '../failure.js';
import { CameraEncoder } from './camera-encoder.js';
import { Channel, type StreamProducer } from './channel.js';
import type { EncoderChoice } from './encoder-choice.js';
import { firstFrame } from './first-frame.js';
import { type Frame, frameOf } from './frame-time.js';
import { LastFrame } from './last-frame.js';
import type { OutputSettings } from './launch.js';
import { openPlaceholder, type Placeholder } from './placeholder.js';
import { decodeLast } from './snapshot.js';
import type { StreamPipeline } from './stream-pipeline.js';
import { Vp8Channel } from './vp8-channel.js';

export interface OutputOptions {
  settings: OutputSettings;
  encoders: EncoderChoice;
  /** ns; see shareClock. */
  baseTime: bigint;
  /** Viewers were switched to another producer, or a rendition was started or removed. */
  onChange(): void;
  /** No encoder opens. */
  onFailure(failure: CameraFailure): void;
  /** The VP8 rendition failed. */
  onVp8Failure(failure: CameraFailure): void;
}

/** From the start of a producer to its first frame: encoder drivers are slow. */
const TIMEOUT_MS = 8_000;
/** A frame that the rendition has decoded counts as the newest if it is no older than this, ms. */
const FRESH_MS = 1_000;

/**
 * What the viewers of an open camera are sent: the stream of its encoder, or a source that is passed through; a
 * placeholder while the source is lost. Their sessions continue when one replaces another.
 */
export class Output {
  readonly #options: OutputOptions;
  #settings: OutputSettings;
  #main: Channel | null = null;
  readonly #encoder: CameraEncoder;
  readonly #vp8: Vp8Channel;
  #placeholder: Placeholder | null = null;
  /** Of a stream that is passed through. */
  #last: LastFrame | null = null;
  #keyframeMs = 0;
  /** Counts the calls of `show…`: one that awaits something checks whether it is still the newest. */
  #generation = 0;
  #isClosed = false;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.#settings = options.settings;
    const { settings, encoders, baseTime, onChange, onFailure, onVp8Failure } = options;
    this.#encoder = new CameraEncoder({
      settings,
      encoders,
      baseTime,
      current: () => this.#main?.current ?? null,
      onReplaced: encoding => this.#startSwitch(encoding),
      onFailure,
    });
    this.#vp8 = new Vp8Channel({
      settings: () => this.#settings,
      timeoutMs: TIMEOUT_MS,
      onChange,
      onFailure: onVp8Failure,
    });
  }

  /** Null before anything is shown. */
  get codec(): VideoCodecName | null {
    return this.#main?.codec ?? null;
  }

  /** The stream that viewers are sent; null before anything is shown. */
  get stream(): StreamPipeline | null {
    return this.#main?.current.stream ?? null;
  }

  /** The element that encodes; null while a stream is passed through. */
  get encoder(): string | null {
    return this.#encoder.encoding?.encoder.element ?? null;
  }

  get hasVp8(): boolean {
    return this.#vp8.channel !== null;
  }

  /** Encodes raw frames. @throws CameraFailure if no encoder opens */
  showFrames(from: Tee): void {
    this.#generation++;
    const encoding = this.#encoder.encode(from);
    this.#closePlaceholder();
    this.#startSwitch(encoding);
  }

  /** Passes a source's own stream through. Its codec is that of the previous stream. */
  showStream(source: StreamProducer): void {
    const generation = ++this.#generation;
    // From the first frame on, which is a keyframe, if nothing is shown yet; otherwise from the next keyframe on.
    const last = new LastFrame(source.stream);
    this.#startSwitch(source, () => {
      if (generation !== this.#generation || this.#main?.current !== source) {
        last.close();
        return;
      }
      this.#encoder.forget();
      this.#closePlaceholder();
      this.#forgetLast();
      this.#last = last;
    });
  }

  /**
   * Shows that the camera is lost, over its last frame; does nothing if its viewers are sent a codec other than H.264.
   * @param title in capitals
   * @param since performance.now() of that frame
   * @returns false if something else was shown before the placeholder was ready
   * @throws CameraFailure if no encoder opens
   */
  async showPlaceholder(title: string, since: number): Promise<boolean> {
    // Placeholders are encoded in H.264 only.
    if (this.codec !== 'H264') return true;
    const generation = ++this.#generation;
    const frame = this.#placeholder?.frame ?? (await this.#newest().catch(() => null))?.sample ?? null;
    if (generation !== this.#generation || this.#isClosed) return false;
    const video = this.stream?.facts();
    const placeholder = await openPlaceholder({
      frame,
      format: {
        ...this.#settings,
        ...(video?.width && video.height ? { width: video.width, height: video.height } : {}),
      },
      title,
      since,
      baseTime: this.#options.baseTime,
    });
    if (generation !== this.#generation || this.#isClosed) {
      placeholder.close();
      return false;
    }
    const before = this.#placeholder;
    this.#placeholder = placeholder;
    const encoding = this.#encoder.encode(placeholder.tee);
    before?.close();
    this.#startSwitch(encoding);
    return true;
  }

  /** Applies other settings to what is running. */
  change(settings: OutputSettings): void {
    this.#settings = settings;
    const isEncoded = this.#encoder.encoding !== null;
    this.#encoder.change(settings);
    if (isEncoded) this.#vp8.change(settings);
  }

  /** Checks what is running; an encoder that failed is replaced by the next. */
  check(): void {
    this.#last?.refresh(performance.now());
    this.#encoder.check();
  }

  /**
   * Resolves with the first frame of all, or when it is not wanted any more; rejects when the output closes before.
   * @throws CameraFailure
   */
  async firstFrame(isWanted: () => boolean = () => true): Promise<void> {
    while (!this.#isClosed) {
      const { encoding } = this.#encoder;
      const found = await firstFrame({
        count: () => this.stream?.video.count() ?? 0,
        // For a source that is passed through, SourceOpening has the timeout.
        timeoutMs: encoding ? TIMEOUT_MS : Number.POSITIVE_INFINITY,
        // Another encoder has its own timeout.
        keepWaiting: () => !this.#isClosed && this.#encoder.encoding === encoding && isWanted(),
      });
      if (found === 'arrived' || !isWanted()) return;
      if (found === 'late' && encoding) this.#encoder.reject(encoding, NOTHING_ENCODED);
    }
    throw new CameraFailure('The camera was closed before its first frame.', 'Try again.');
  }

  /** Where viewers of a codec are attached. @throws CameraFailure */
  channel(codec: VideoCodecName): { channel: () => Channel | null; ready: Promise<void> } {
    if (codec === this.codec) return { channel: () => this.#main, ready: Promise.resolve() };
    if (codec !== 'VP8' || !this.stream)
      throw new CameraFailure(`The camera is sent in ${this.codec} now, not in ${codec}.`, 'Try again.');
    const ready = this.#vp8.open(this.stream);
    return { channel: () => this.#vp8.channel, ready };
  }

  closeVp8(): void {
    this.#vp8.remove();
  }

  /** See Encoding.forgetFrame. */
  forgetFrame(): void {
    this.#encoder.encoding?.forgetFrame();
  }

  /** Spaces keyframes on request; see StreamPipeline. */
  limitKeyframes(ms: number): void {
    this.#keyframeMs = ms;
    this.stream?.limitKeyframes(ms);
    this.#vp8.limitKeyframes(ms);
  }

  /**
   * The newest frame of the camera, raw; decoded on request if the stream is passed through. Null if there is no
   * keyframe to decode from, and while the camera is lost.
   * @throws Error if it cannot be decoded
   */
  async lastFrame(): Promise<Frame | null> {
    return this.#placeholder ? null : await this.#newest();
  }

  /** Asks for a keyframe if the stream is passed through, so that `lastFrame` has a frame soon. */
  requestKeyframe(): void {
    this.#last?.requestKeyframe(performance.now());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forgetLast();
    this.#vp8.close();
    this.#main?.close();
    this.#closePlaceholder();
  }

  /**
   * Switches the viewers to a producer with its first frame; a failure of that is the output's.
   * @param onDone is called when the switch is over, successful or not
   */
  #startSwitch(producer: StreamProducer, onDone: () => void = () => undefined): void {
    this.#switchTo(producer)
      .then(onDone)
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#options.onFailure(asFailure(error, 'Viewers cannot be switched to the new stream'));
      });
  }

  async #switchTo(producer: StreamProducer): Promise<void> {
    if (!this.#main) {
      this.#main = new Channel(producer);
      return;
    }
    const outcome = await this.#main.switchTo(producer, TIMEOUT_MS);
    if (this.#isClosed) return;
    const { encoding } = this.#encoder;
    // No error was on the bus, or `check` would have rejected the encoder.
    if (outcome === 'late' && encoding && producer === encoding) this.#encoder.reject(encoding, NOTHING_ENCODED);
    if (outcome !== 'switched') return;
    this.#encoder.switched();
    if (producer === encoding) this.#forgetLast();
    producer.stream.limitKeyframes(this.#keyframeMs);
    void this.#vp8.follow(producer.stream);
    this.#options.onChange();
  }

  /** The newest frame of the current stream, placeholders included. @throws Error if it cannot be decoded */
  async #newest(): Promise<Frame | null> {
    const { stream, codec } = this;
    if (!stream || !codec) return null;
    const arrivedAt = stream.video.sentAt();
    const raw = stream.lastFrame();
    if (raw) return frameOf(raw, stream, arrivedAt);
    const { rendition } = this.#vp8;
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

const NOTHING_ENCODED = `no frame within ${TIMEOUT_MS / 1000} s`;
