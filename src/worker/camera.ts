import type { CameraStatus, IceAgentSettings, StreamFigures } from '../domain/ports.js';
import type { Element } from '../gst/native.js';
import type { AgreedAudio, AgreedVideo, FromWorker, Notice } from '../messages/camera-worker.js';
import { monotonicMs } from '../process/monotonic.js';
import type { VideoCodecName } from '../protocol/codecs.js';
import { reopens } from './config-change.js';
import { EncoderChoice } from './encoder-choice.js';
import { CameraFailure } from './failure.js';
import { measureStream } from './figures.js';
import type { Config } from './opening.js';
import { Programme } from './programme.js';
import { Publication, publisherLeft } from './publication.js';
import { VP8_ENCODER } from './rendition.js';
import { SourceJudge } from './source-judge.js';
import { type Still, takeStill } from './still.js';

type State = CameraStatus['state'];

const REPORT_MS = 1_000;

/** A viewer's place at the camera. */
export interface Place {
  /** ns; see StreamPipeline. */
  baseTime: bigint;
  /** ms since there was a picture. */
  idleMs(): number;
  /** Whether viewers' requests for keyframes get to whatever encodes by themselves. */
  hearsViewers(): boolean;
  /** Resolves when there is a picture to be sent; rejects with a CameraFailure. */
  ready: Promise<void>;
  /** Takes the viewer's proxysinks, for video and perhaps for sound; the first that he gets is a keyframe. */
  attach(sinks: readonly Element[]): void;
  detach(sinks: readonly Element[]): void;
}

interface User {
  /** Null for whoever takes a picture and no stream. */
  codec: VideoCodecName | null;
  onFailure: (failure: CameraFailure) => void;
}

/**
 * The camera of this process: open while it has users and for a while after, or while somebody publishes to it. Users
 * are viewers; a camera that cannot go on tells each of them, and the next one opens it again.
 */
export class Camera {
  readonly #send: (message: FromWorker) => void;
  readonly #users = new Map<string, User>();
  readonly #encoders: EncoderChoice;
  readonly #onClosed: () => void;
  #config: Config;
  #judge: SourceJudge;
  #programme: Programme | null = null;
  #failure: CameraFailure | null = null;
  #publisher: { session: string; publication: Publication } | null = null;
  #linger: NodeJS.Timeout | null = null;
  #returning: NodeJS.Timeout | null = null;
  #reporter: NodeJS.Timeout | null = null;
  #stills = 0;

  /** @param onClosed a pipeline was closed: what it held is to be collected */
  constructor(config: Config, send: (message: FromWorker) => void, onClosed: () => void) {
    this.#config = config;
    this.#onClosed = onClosed;
    this.#send = send;
    this.#judge = new SourceJudge(config);
    this.#encoders = new EncoderChoice(config.encoders, (element, reason) =>
      send({ type: 'encoder-failed', element, reason }),
    );
  }

  /** Looks at the source once, so that the first viewer does not wait for it. */
  async prepare(): Promise<void> {
    try {
      await this.#judge.look(this.#config.device);
    } catch (error) {
      this.#send({
        type: 'log',
        level: 'error',
        event: 'the source could not be looked at',
        fields: { error: String(error) },
      });
    }
    this.#report();
  }

  /** Takes on another configuration; viewers stay. */
  change(config: Config): void {
    const before = this.#config;
    const reopen = reopens(before, config, this.#programme?.mode?.framerate ?? null);
    this.#config = config;
    if (JSON.stringify(before.encoders) !== JSON.stringify(config.encoders)) this.#encoders.update(config.encoders);
    if (reopen === 'source') {
      this.#judge = new SourceJudge(config);
      if (this.#publisher) this.#endPublisher('another source was configured');
    }
    if (this.#programme) {
      this.#failure = null;
      this.#programme.change(config, this.#judge, reopen);
    } else void this.prepare();
    this.#report();
  }

  /**
   * Takes part in the open camera, opening it if need be; resolves as soon as something is on air.
   * @param codec null for whatever there is
   * @throws CameraFailure
   */
  async use(user: string, codec: VideoCodecName | null, onFailure: (failure: CameraFailure) => void): Promise<Place> {
    const joined: User = { codec, onFailure };
    this.#users.set(user, joined);
    this.#stay();
    const programme = this.#programme ?? this.#begin();
    await programme.begun;
    if (this.#users.get(user) !== joined)
      throw this.#failure ?? new CameraFailure('The viewer left before the camera was open.', 'Ask again.');
    return this.#place(programme, codec ?? programme.output.codec ?? 'H264');
  }

  release(user: string): void {
    if (!this.#users.delete(user)) return;
    if (this.#programme?.output.hasVp8 && this.#viewersOf('VP8') === 0 && this.#programme.output.codec !== 'VP8')
      this.#programme.output.closeVp8();
    if (this.#users.size > 0 || !this.#programme || this.#publisher) return;
    this.#linger = setTimeout(() => this.#stop(null), this.#config.lingerMs);
  }

  /** Makes the camera live by what somebody sends; the answer's peer is watched from `watch` on. */
  async publish(
    session: string,
    { offer, video, audio, ice }: PublishRequest,
    events: PublisherEvents,
  ): Promise<string> {
    if (this.#publisher) throw new Error('the camera has a publisher already');
    const programme = this.#programme ?? this.#start();
    const publication = new Publication({
      video,
      audio,
      ice,
      baseTime: programme.baseTime,
      events: {
        connected: () => events.connected(),
        stats: figures => events.stats(figures),
        ended: (reason, detail) => {
          this.unpublish(session);
          events.ended(reason, detail);
        },
      },
    });
    this.#publisher = { session, publication };
    this.#ended = events.ended;
    const answer = await publication.answer(offer);
    if (this.#publisher?.publication !== publication) throw publisherLeft();
    programme.publish(publication).then(
      () => this.#comeBack(),
      (failure: CameraFailure) => {
        if (this.#publisher?.publication !== publication) return;
        this.unpublish(session);
        events.ended('camera-failed', failure.message);
      },
    );
    this.#report();
    return answer;
  }

  /** The publication of a session, if that is what it is. */
  publication(session: string): Publication | null {
    return this.#publisher?.session === session ? this.#publisher.publication : null;
  }

  /** Ends a publication; its viewers see a slate until somebody publishes again, for a while. */
  unpublish(session: string): void {
    if (this.#publisher?.session !== session) return;
    const { publication } = this.#publisher;
    this.#publisher = null;
    const { publisherReturnMs } = this.#config;
    const waits = publisherReturnMs > 0 && this.#users.size > 0 && this.#programme?.publisherLeft(publisherLeft());
    publication.close();
    if (waits) {
      this.#returning = setTimeout(() => this.#fail(publisherLeft(), null), publisherReturnMs);
      this.#report();
    } else this.#fail(publisherLeft(), null);
  }

  /** Makes the next picture a keyframe. */
  requestKeyframe(): void {
    this.#programme?.output.stream?.requestKeyframe();
  }

  /** Viewers have asked for keyframes; where the encoder does not hear of it by itself, it is told. */
  keyframesRequested(): void {
    const stream = this.#programme?.output.stream;
    if (stream && !stream.hearsViewers) stream.requestKeyframe();
  }

  /** The newest frame, as JPEG; opens the camera if it is closed. @throws CameraFailure */
  async still(): Promise<Still> {
    const user = `still-${++this.#stills}`;
    let failed: CameraFailure | null = null;
    try {
      const place = await this.use(user, null, failure => {
        failed = failure;
      });
      await place.ready;
      const programme = this.#programme;
      if (failed || !programme) throw failed ?? new CameraFailure('The camera was closed.', 'Ask again.');
      if (programme.state === 'lost' && programme.problem) throw programme.problem;
      return await takeStill(programme.output);
    } finally {
      this.release(user);
    }
  }

  /** ms of CLOCK_MONOTONIC at which its newest picture came, as Programme.newestAt has it. */
  newestAt(): number | null {
    const at = this.#programme?.newestAt() ?? null;
    return at === null ? null : monotonicMs() - (performance.now() - at);
  }

  /** See Programme.watch. */
  watch(everyMs: number): void {
    this.#programme?.watch(everyMs);
  }

  /** Null while it is closed. */
  async measure(): Promise<StreamFigures | null> {
    return this.#programme && (await measureStream(this.#programme));
  }

  /** Spaces keyframes on request; see StreamPipeline. */
  limitKeyframes(ms: number): void {
    this.#programme?.output.limitKeyframes(ms);
  }

  close(): void {
    this.#publisher?.publication.close();
    this.#publisher = null;
    this.#stop(null);
  }

  #ended: PublisherEvents['ended'] = () => undefined;

  #endPublisher(detail: string): void {
    const { session, publication } = this.#publisher ?? {};
    if (session === undefined) return;
    this.#publisher = null;
    this.#ended('camera-failed', detail);
    publication?.close();
  }

  /** @throws CameraFailure */
  #begin(): Programme {
    if (this.#config.source.type === 'whip')
      throw new CameraFailure('Nobody publishes to it now.', 'Publish to it by WHIP, or ask again.', 'no-publisher');
    const programme = this.#start();
    programme.start();
    return programme;
  }

  #start(): Programme {
    this.#failure = null;
    const programme = new Programme({
      config: this.#config,
      judge: this.#judge,
      encoders: this.#encoders,
      events: {
        changed: () => {
          // Whatever came took the place of something.
          this.#onClosed();
          this.#report();
        },
        failed: failure => {
          if (this.#programme === programme) this.#fail(failure, failure);
        },
        vp8Failed: failure => this.#tellAll(failure, 'VP8'),
      },
      inlet: {
        opened: port => this.#send({ type: 'inlet', port }),
        closed: port => this.#send({ type: 'inlet-closed', port }),
        keyframeWanted: () => this.#send({ type: 'keyframe-wanted' }),
      },
    });
    this.#programme = programme;
    this.#reporter = setInterval(() => this.#report(), REPORT_MS);
    this.#report();
    return programme;
  }

  #place(programme: Programme, codec: VideoCodecName): Place {
    const { output } = programme;
    const { channel, ready } = output.channel(codec);
    return {
      baseTime: programme.baseTime,
      ready: Promise.all([programme.live, ready]).then(() => undefined),
      idleMs: () => channel()?.onAir.stream.silence() ?? Number.POSITIVE_INFINITY,
      hearsViewers: () => channel()?.onAir.stream.hearsViewers ?? true,
      attach: sinks => channel()?.attach(sinks),
      detach: sinks => channel()?.detach(sinks),
    };
  }

  #comeBack(): void {
    if (this.#returning) clearTimeout(this.#returning);
    this.#returning = null;
  }

  #viewersOf(codec: VideoCodecName): number {
    return [...this.#users.values()].filter(user => user.codec === codec).length;
  }

  /** @param kept what is reported until it is opened again */
  #fail(failure: CameraFailure, kept: CameraFailure | null): void {
    this.#failure = failure;
    this.#tellAll(failure);
    this.#stop(kept);
  }

  /** Each lets go of his place, which is why the pipelines are stopped after. */
  #tellAll(failure: CameraFailure, codec?: VideoCodecName): void {
    const told = [...this.#users].filter(([, user]) => codec === undefined || user.codec === codec);
    for (const [id, { onFailure }] of told) {
      this.#users.delete(id);
      onFailure(failure);
    }
    if (codec === 'VP8') this.#programme?.output.closeVp8();
  }

  #stay(): void {
    if (this.#linger) clearTimeout(this.#linger);
    this.#linger = null;
  }

  #stop(failure: CameraFailure | null): void {
    this.#stay();
    this.#comeBack();
    if (this.#reporter) clearInterval(this.#reporter);
    this.#reporter = null;
    const programme = this.#programme;
    this.#programme = null;
    programme?.close();
    this.#onClosed();
    this.#failure = failure;
    this.#report();
  }

  #closedState(): State {
    if (this.#config.source.type === 'whip') return 'waiting';
    if (this.#failure) return 'failed';
    return this.#config.source.type === 'v4l2' && this.#config.device === null ? 'lost' : 'idle';
  }

  #openState(programme: Programme): State {
    // A publisher has been answered and not sent a picture yet, or is awaited.
    if (programme.state === 'opening' && this.#config.source.type === 'whip' && !this.#publisher) return 'waiting';
    return programme.state;
  }

  #report(): void {
    const programme = this.#programme;
    const { output } = programme ?? {};
    const stream = programme && programme.state !== 'opening' ? output?.stream : undefined;
    const problem = programme ? programme.problem : this.#failure;
    const lostMs = programme?.lostMs() ?? null;
    this.#send({
      type: 'camera',
      state: programme ? this.#openState(programme) : this.#closedState(),
      detail: problem?.message ?? null,
      remedy: problem?.remedy ?? null,
      notices: programme ? noticesOf(programme) : [],
      lostMs,
      capture: programme?.mode ?? null,
      encoder: output?.encoder ?? null,
      passthrough: this.#judge.verdict(),
      video: stream?.facts() ?? null,
      audio: stream?.audio ? { codec: 'OPUS' } : null,
      renditions: output?.hasVp8 ? [{ codec: 'VP8', encoder: VP8_ENCODER, viewers: this.#viewersOf('VP8') }] : [],
      publisher: this.#publisher?.session ?? null,
      newestAt: this.newestAt(),
      ...(stream?.video.rates() ?? { fps: 0, bitrate: 0 }),
    });
  }
}

function noticesOf({ instead, hasBFrames }: Programme): Notice[] {
  return [
    ...(instead === null
      ? []
      : [
          {
            code: 'nearest-mode' as const,
            detail: `${instead}.`,
            remedy: 'bigfootbot-video devices shows what it has.',
          },
        ]),
    ...(hasBFrames
      ? [
          {
            code: 'b-frames' as const,
            detail: 'Pictures are sent in another order than they are shown, which delays them.',
            remedy: 'Turn B-frames off at the camera, or set passthrough to "never".',
          },
        ]
      : []),
  ];
}

export interface PublishRequest {
  offer: string;
  video: AgreedVideo;
  audio: AgreedAudio | null;
  ice: IceAgentSettings;
}

export type PublisherEvents = ConstructorParameters<typeof Publication>[0]['events'];
