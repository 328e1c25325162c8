import type { IceAgentSettings } from '../domain/ports.js';
import type { Element } from '../gst/native.js';
import type { AgreedAudio, AgreedVideo, FromWorker, ToWorkerOf } from '../media/messages.js';
import type { VideoCodecName } from '../protocol/codecs.js';
import { CameraFailure, explain } from './failure.js';
import type { LiveSource } from './open-camera.js';
import { openSource, SourceJudge } from './opening.js';
import { Publication, publisherLeft } from './publication.js';
import { Rendition, VP8_ENCODER } from './rendition.js';

type State = 'idle' | 'waiting' | 'opening' | 'live' | 'failed';

const REPORT_MS = 1_000;

/** A viewer's place at the camera. */
export interface Place {
  /** ns; see StreamPipeline. */
  baseTime: bigint;
  /** ms since there was a picture. */
  idleMs(): number;
  /** Resolves when there is a picture to be sent; rejects with a CameraFailure. */
  ready: Promise<void>;
  /** Takes the viewer's proxysinks, for video and perhaps for sound; the first that he gets is a keyframe. */
  attach(sinks: readonly Element[]): void;
  detach(sinks: readonly Element[]): void;
}

interface Open {
  source: LiveSource;
  ready: Promise<void>;
  /** The GStreamer element; null if the stream is passed on. */
  encoder: string | null;
}

interface User {
  codec: VideoCodecName;
  onFailure: (failure: CameraFailure) => void;
}

/**
 * The camera of this process: open while it has users and for a while after, or while somebody publishes to it. Users
 * are viewers; a camera that fails tells each of them, and the next one opens it again.
 */
export class Camera {
  readonly #config: ToWorkerOf<'configure'>;
  readonly #send: (message: FromWorker) => void;
  readonly #users = new Map<string, User>();
  readonly #judge: SourceJudge;
  #state: State;
  #failure: CameraFailure | null = null;
  #open: Open | null = null;
  #vp8: Rendition | null = null;
  #publisher: { session: string; publication: Publication } | null = null;
  #linger: NodeJS.Timeout | null = null;
  #reporter: NodeJS.Timeout | null = null;

  constructor(config: ToWorkerOf<'configure'>, send: (message: FromWorker) => void) {
    this.#config = config;
    this.#send = send;
    this.#judge = new SourceJudge(config);
    this.#state = this.#closedState();
  }

  /** Looks at the source once, so that the first viewer does not wait for it. */
  async prepare(): Promise<void> {
    try {
      await this.#judge.look();
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

  /**
   * Takes part in the open camera, opening it if need be; resolves as soon as its pipeline runs.
   * @throws CameraFailure
   */
  async use(user: string, codec: VideoCodecName, onFailure: (failure: CameraFailure) => void): Promise<Place> {
    const joined: User = { codec, onFailure };
    this.#users.set(user, joined);
    this.#stay();
    // What is open needs no look at its source: a camera may allow one connection only.
    if (!this.#open) await this.#judge.look();
    if (this.#users.get(user) !== joined)
      throw this.#failure ?? new CameraFailure('The viewer left before the camera was open.', 'Ask again.');
    this.#open ??= this.#openSource();
    const open = this.#open;
    const main = open.source.stream;
    if (codec === main.codec) return this.#place(open, null, open.ready);
    if (codec !== 'VP8')
      throw new CameraFailure(`The camera is sent in ${main.codec} now, not in ${codec}.`, 'Ask again.');
    // What is to be encoded once more must be there first.
    this.#vp8 ??= this.#startVp8(open);
    const rendition = this.#vp8;
    return this.#place(
      open,
      rendition,
      Promise.all([open.ready, rendition.ready]).then(() => undefined),
    );
  }

  release(user: string): void {
    if (!this.#users.delete(user)) return;
    if (this.#vp8 && this.#viewersOf('VP8') === 0) this.#stopVp8();
    if (this.#users.size > 0 || !this.#open || this.#publisher) return;
    this.#linger = setTimeout(() => this.#stop('idle', null), this.#config.lingerMs);
  }

  /** Makes the camera live by what somebody sends; the answer's peer is watched from `watch` on. */
  async publish(
    session: string,
    { offer, video, audio, ice }: PublishRequest,
    events: PublisherEvents,
  ): Promise<string> {
    if (this.#publisher) throw new Error('the camera has a publisher already');
    const publication = new Publication({
      video,
      audio,
      ice,
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
    const answer = await publication.answer(offer);
    if (this.#publisher?.publication !== publication) throw publisherLeft();
    this.#open = { source: publication, encoder: null, ready: this.#awaitFirstFrame(publication) };
    this.#open.ready.catch((failure: CameraFailure) => {
      if (this.#publisher?.publication !== publication) return;
      this.unpublish(session);
      events.ended('camera-failed', failure.message);
    });
    this.#enter('opening', null);
    return answer;
  }

  /** The publication of a session, if that is what it is. */
  publication(session: string): Publication | null {
    return this.#publisher?.session === session ? this.#publisher.publication : null;
  }

  /** Ends a publication; its viewers are told. */
  unpublish(session: string): void {
    if (this.#publisher?.session !== session) return;
    const { publication } = this.#publisher;
    this.#publisher = null;
    this.#tellAll(publisherLeft());
    // It may not have come as far as being what is open.
    publication.close();
    this.#stop('waiting', null);
  }

  /** Spaces keyframes on request; see StreamPipeline. */
  limitKeyframes(ms: number): void {
    this.#open?.source.stream.limitKeyframes(ms);
    this.#vp8?.stream.limitKeyframes(ms);
  }

  close(): void {
    if (this.#publisher) this.unpublish(this.#publisher.session);
    this.#stop(this.#closedState(), null);
  }

  #place(open: Open, rendition: Rendition | null, ready: Promise<void>): Place {
    const main = open.source.stream;
    const stream = rendition?.stream ?? main;
    const { video } = stream;
    return {
      baseTime: main.baseTime,
      ready,
      idleMs: () => stream.silence(),
      attach: ([picture, sound]) => {
        if (picture) video.attach(picture);
        if (sound) main.audio?.attach(sound);
        video.requestKeyframe();
      },
      detach: ([picture, sound]) => {
        if (picture) video.detach(picture);
        if (sound) main.audio?.detach(sound);
      },
    };
  }

  #openSource(): Open {
    const { source } = this.#config;
    if (source.type === 'whip')
      throw new CameraFailure('Nobody publishes to it now.', 'Publish to it by WHIP, or ask again.', 'no-publisher');
    try {
      const { camera, encoder } = openSource(this.#config, this.#judge.verdict(), failure => this.#fail(failure));
      this.#enter('opening', null);
      return { source: camera, encoder, ready: this.#awaitFirstFrame(camera) };
    } catch (error) {
      // An encoder or an element is missing.
      const failure =
        error instanceof CameraFailure
          ? error
          : explain(source, error instanceof Error ? error.message : String(error));
      this.#stop('failed', failure);
      throw failure;
    }
  }

  #awaitFirstFrame(source: LiveSource): Promise<void> {
    const ready = source.firstFrame().then(
      () => {
        if (this.#open?.source !== source) return;
        this.#reporter = setInterval(() => this.#report(), REPORT_MS);
        this.#enter('live', null);
      },
      (failure: CameraFailure) => {
        if (this.#open?.source === source && !this.#publisher) this.#fail(failure);
        throw failure;
      },
    );
    // Whoever waits for it hears of a failure; if nobody does, that is no unhandled rejection.
    ready.catch(() => undefined);
    return ready;
  }

  #startVp8({ source }: Open): Rendition {
    const rendition = new Rendition(source.stream, this.#config, failure => {
      if (this.#vp8 === rendition) this.#tellAll(failure, 'VP8');
    });
    rendition.ready.then(
      () => this.#report(),
      (failure: CameraFailure) => {
        if (this.#vp8 === rendition) this.#tellAll(failure, 'VP8');
      },
    );
    return rendition;
  }

  #stopVp8(): void {
    this.#vp8?.close();
    this.#vp8 = null;
    this.#report();
  }

  #viewersOf(codec: VideoCodecName): number {
    return [...this.#users.values()].filter(user => user.codec === codec).length;
  }

  #fail(failure: CameraFailure): void {
    this.#tellAll(failure);
    this.#stop('failed', failure);
  }

  /** Each lets go of his place, which is why the pipelines are stopped after. */
  #tellAll(failure: CameraFailure, codec?: VideoCodecName): void {
    const told = [...this.#users].filter(([, user]) => codec === undefined || user.codec === codec);
    for (const [id, { onFailure }] of told) {
      onFailure(failure);
      this.#users.delete(id);
    }
    if (codec !== undefined && this.#vp8) this.#stopVp8();
  }

  #stay(): void {
    if (this.#linger) clearTimeout(this.#linger);
    this.#linger = null;
  }

  #stop(state: State, failure: CameraFailure | null): void {
    this.#stay();
    if (this.#reporter) clearInterval(this.#reporter);
    this.#reporter = null;
    this.#vp8?.close();
    this.#vp8 = null;
    const open = this.#open;
    this.#open = null;
    open?.source.close();
    this.#enter(state, failure);
  }

  #closedState(): State {
    return this.#config.source.type === 'whip' ? 'waiting' : 'idle';
  }

  #enter(state: State, failure: CameraFailure | null): void {
    this.#state = state;
    this.#failure = failure;
    this.#report();
  }

  #report(): void {
    const stream = this.#state === 'live' ? this.#open?.source.stream : undefined;
    this.#send({
      type: 'camera',
      state: this.#state,
      detail: this.#failure?.message ?? null,
      remedy: this.#failure?.remedy ?? null,
      encoder: this.#open?.encoder ?? null,
      passthrough: this.#judge.verdict(),
      video: stream?.facts() ?? null,
      audio: stream?.audio ? { codec: 'OPUS' } : null,
      renditions: this.#vp8 ? [{ codec: 'VP8', encoder: VP8_ENCODER, viewers: this.#viewersOf('VP8') }] : [],
      publisher: this.#publisher?.session ?? null,
      ...(stream?.video.rates() ?? { fps: 0, bitrate: 0 }),
    });
  }
}

export interface PublishRequest {
  offer: string;
  video: AgreedVideo;
  audio: AgreedAudio | null;
  ice: IceAgentSettings;
}

export type PublisherEvents = ConstructorParameters<typeof Publication>[0]['events'];
