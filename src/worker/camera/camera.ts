import type { StreamFigures } from '../../domain/measures.js';
import type { FromWorker } from '../../messages/camera-worker.js';
import { asMonotonic } from '../../process/monotonic.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import { EncoderChoice } from '../encoding/encoder-choice.js';
import { type Snapshot, takeSnapshot } from '../encoding/snapshot.js';
import { CameraFailure, publisherLeft } from '../failure.js';
import type { Config } from '../sources/opening.js';
import { PassthroughDecision } from '../sources/passthrough-decision.js';
import { Publication, type PublisherEvents, type PublishRequest } from '../sources/publication.js';
import { CameraMedia, runningTimeZero } from './camera-media.js';
import { describeCamera } from './camera-report.js';
import { type CameraEvent, type CameraState, closedCamera, type Effect, nextDue } from './camera-state.js';
import { transition } from './camera-transition.js';
import { describeChange, settingsOf } from './config-change.js';
import { measureStream } from './figures.js';
import { FrameWatch } from './frame-watch.js';
import { Subscribers } from './subscribers.js';
import { type Subscription, subscriptionAt } from './subscription.js';

const REPORT_MS = 1_000;
const POLL_INTERVAL_MS = 100;

interface Publisher {
  session: string;
  publication: Publication;
  ended: PublisherEvents['ended'];
}

/**
 * The camera of this process: open while it has subscribers and for a while after, or while somebody publishes to it.
 * What becomes of it is camera-transition.ts's to say; this runs the effects, watches the pipelines and reports.
 */
export class Camera {
  readonly #send: (message: FromWorker) => void;
  readonly #onClosed: () => void;
  readonly #encoders: EncoderChoice;
  readonly #subscribers = new Subscribers();
  readonly #watch = new FrameWatch(() => this.#media.noteFrames());
  readonly #media: CameraMedia;
  #config: Config;
  #passthroughDecision: PassthroughDecision;
  #state: CameraState;
  /** Events wait for the effects of the one before. */
  readonly #events: CameraEvent[] = [];
  #isRunning = false;
  #timer: NodeJS.Timeout | null = null;
  #checkedAt = 0;
  #reportedAt = 0;
  #publisher: Publisher | null = null;
  #snapshots = 0;

  /** @param onClosed a pipeline was closed: what it held is to be collected */
  constructor(config: Config, send: (message: FromWorker) => void, onClosed: () => void) {
    this.#config = config;
    this.#onClosed = onClosed;
    this.#send = send;
    this.#passthroughDecision = new PassthroughDecision(config);
    this.#state = closedCamera(settingsOf(config));
    this.#encoders = new EncoderChoice(config.encoders, (element, reason) =>
      send({ type: 'encoder-failed', element, reason }),
    );
    this.#media = new CameraMedia({
      config: () => this.#config,
      judge: () => this.#passthroughDecision,
      state: () => this.#state,
      publication: () => this.#publisher?.publication ?? null,
      encoders: this.#encoders,
      receiver: {
        opened: port => send({ type: 'receiver-opened', port }),
        closed: port => send({ type: 'receiver-closed', port }),
        keyframeWanted: () => send({ type: 'keyframe-wanted' }),
      },
      dispatch: event => this.#dispatch(event),
      changed: () => this.#changed(),
      vp8Failed: failure => this.#vp8Failed(failure),
    });
  }

  /** Looks at the source once, so that the first viewer does not wait for it. */
  async prepare(): Promise<void> {
    try {
      await this.#passthroughDecision.look(this.#config.device);
    } catch (error) {
      const fields = { error: String(error) };
      this.#send({ type: 'log', level: 'error', event: 'the source could not be looked at', fields });
    }
    this.#report();
  }

  /** Takes on another configuration; viewers stay. */
  change(config: Config): void {
    const before = this.#config;
    const change = describeChange(before, config, this.#media.opened?.mode?.framerate ?? null);
    this.#config = config;
    if (JSON.stringify(before.encoders) !== JSON.stringify(config.encoders)) this.#encoders.update(config.encoders);
    if (change.reopen === 'source') {
      this.#passthroughDecision.close();
      this.#passthroughDecision = new PassthroughDecision(config);
    }
    this.#media.change(config);
    this.#dispatch({ type: 'change', ...change });
    if (this.#state.phase === 'closed') void this.prepare();
    this.#report();
  }

  /**
   * Takes part in the open camera, opening it if need be; resolves as soon as something is shown.
   * @param codec null for whatever there is
   * @throws CameraFailure
   */
  async use(
    user: string,
    codec: VideoCodecName | null,
    onFailure: (failure: CameraFailure) => void,
  ): Promise<Subscription> {
    const joined = this.#subscribers.add(user, codec, onFailure);
    this.#dispatch({ type: 'subscribe', subscriber: user });
    const open = this.#media.open;
    // Why it came to nothing is known to the subscriber.
    await open?.shown.promise.catch(() => undefined);
    const failure = joined.failure();
    if (failure) throw failure;
    if (!open || !this.#subscribers.has(user, joined))
      throw new CameraFailure('The viewer left before the camera was open.', 'Ask again.');
    return subscriptionAt(open, codec ?? open.output.codec ?? 'H264');
  }

  release(user: string): void {
    if (!this.#subscribers.delete(user)) return;
    const { output } = this.#media.open ?? {};
    if (output?.hasVp8 && output.codec !== 'VP8' && this.#subscribers.of('VP8').length === 0) output.closeVp8();
    this.#dispatch({ type: 'unsubscribe', subscriber: user });
  }

  /** Makes the camera live by what somebody sends; the answer's peer is watched from `watch` on. @throws CameraFailure */
  async publish(
    session: string,
    { offer, video, audio, ice }: PublishRequest,
    events: PublisherEvents,
  ): Promise<string> {
    if (this.#publisher) throw new Error('the camera has a publisher already');
    if (this.#config.source.type !== 'whip')
      throw new CameraFailure('Nobody can publish to this camera any more.', 'Publish to another one.');
    const publication = new Publication({
      video,
      audio,
      ice,
      baseTime: this.#media.open?.baseTime ?? runningTimeZero(),
      events: {
        connected: () => events.connected(),
        stats: figures => events.stats(figures),
        ended: (reason, detail) => {
          this.unpublish(session);
          events.ended(reason, detail);
        },
      },
    });
    this.#publisher = { session, publication, ended: events.ended };
    this.#dispatch({ type: 'publish', session });
    const answer = await publication.answer(offer);
    if (this.#publisher?.publication !== publication) throw publisherLeft();
    publication.firstFrame().then(
      () => this.#dispatch({ type: 'publisher-ready', session, codec: publication.stream.codec }),
      (failure: CameraFailure) => this.#dispatch({ type: 'publisher-failed', session, failure }),
    );
    return answer;
  }

  /** The publication of a session, if that is what it is. */
  publication(session: string): Publication | null {
    return this.#publisher?.session === session ? this.#publisher.publication : null;
  }

  /** Ends a publication; its viewers see a placeholder until somebody publishes again, for a while. */
  unpublish(session: string): void {
    this.#dispatch({ type: 'unpublish', session });
  }

  /** Makes the next frame a keyframe. */
  requestKeyframe(): void {
    this.#media.open?.output.stream?.requestKeyframe();
  }

  /** Viewers have asked for keyframes; where the encoder does not hear of it by itself, it is told. */
  keyframesRequested(): void {
    const stream = this.#media.open?.output.stream;
    if (stream && !stream.forwardsKeyframeRequests) stream.requestKeyframe();
  }

  /** The newest frame, as JPEG; opens the camera if it is closed. @throws CameraFailure */
  async snapshot(): Promise<Snapshot> {
    const user = `still-${++this.#snapshots}`;
    let failed: CameraFailure | null = null;
    try {
      const subscription = await this.use(user, null, failure => {
        failed = failure;
      });
      await subscription.ready;
      if (failed || !this.#media.open) throw failed ?? new CameraFailure('The camera was closed.', 'Ask again.');
      const { phase, problem } = this.#state;
      if (phase !== 'live' && problem) throw problem;
      return await takeSnapshot(this.#media.open.output);
    } finally {
      this.release(user);
    }
  }

  /**
   * ms of CLOCK_MONOTONIC at which its newest frame was handed on to viewers, a placeholder aside; null while it is closed
   * and before the first. Exact to LOOK_MS, or to FrameWatch's pace while it is watched closely.
   */
  newestAt(): number | null {
    const { stream } = this.#media.open?.output ?? {};
    if (this.#state.phase === 'opening' || !stream) return null;
    this.#media.noteFrames();
    return asMonotonic(Math.min(this.#state.lastFrameAt, stream.video.sentAt()));
  }

  /** Somebody asks how old frames are every so many ms (0: once): if often, new ones are looked for often. */
  watch(everyMs: number): void {
    if (this.#media.open) this.#watch.asked(everyMs);
  }

  /** Null while it is closed. */
  async measure(): Promise<StreamFigures | null> {
    const stream = this.#media.open?.output.stream;
    return stream
      ? await measureStream(stream, this.#media.opened?.source ?? this.#publisher?.publication ?? null)
      : null;
  }

  /** Spaces keyframes on request; see StreamPipeline. */
  limitKeyframes(ms: number): void {
    this.#media.open?.output.limitKeyframes(ms);
  }

  close(): void {
    this.#dispatch({ type: 'close' });
    this.#passthroughDecision.close();
    this.#watch.close();
  }

  #dispatch(event: CameraEvent): void {
    this.#events.push(event);
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (let next = this.#events.shift(); next; next = this.#events.shift()) {
        const before = this.#state;
        const { state, effects } = transition(before, next, performance.now());
        this.#state = state;
        for (const effect of effects) this.#run(effect);
        const hasChanged =
          effects.length > 0 || state.phase !== before.phase || state.publisher?.session !== before.publisher?.session;
        if (hasChanged || state.problem !== before.problem) this.#changed();
      }
    } catch (error) {
      // Half of what was to be done is done: only a new process knows how things stand, whoever called.
      setImmediate(() => {
        throw error;
      });
    } finally {
      this.#isRunning = false;
    }
    this.#schedule();
  }

  #run(effect: Effect): void {
    switch (effect.do) {
      case 'fail-subscribers':
        for (const id of effect.subscribers) this.#subscribers.fail(id, effect.failure);
        break;
      case 'close-publication':
        this.#publisher?.publication.close();
        this.#publisher = null;
        break;
      case 'end-publisher': {
        const publisher = this.#publisher;
        this.#publisher = null;
        publisher?.ended('camera-failed', effect.failure.message);
        publisher?.publication.close();
        break;
      }
      default:
        this.#media.run(effect);
    }
  }

  #vp8Failed(failure: CameraFailure): void {
    for (const id of this.#subscribers.of('VP8')) {
      this.#subscribers.fail(id, failure);
      this.#dispatch({ type: 'unsubscribe', subscriber: id });
    }
    this.#media.open?.output.closeVp8();
  }

  /** The one timer: looks at what runs, and tells the state that time has passed. */
  #schedule(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#media.open) return;
    const wakeAt = Math.min(nextDue(this.#state) ?? Number.POSITIVE_INFINITY, this.#checkedAt + POLL_INTERVAL_MS);
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, wakeAt - performance.now()));
  }

  #wake(): void {
    this.#checkedAt = performance.now();
    this.#media.look();
    this.#dispatch({ type: 'tick' });
    if (performance.now() - this.#reportedAt >= REPORT_MS) this.#report();
  }

  /** Whatever came took the place of something. */
  #changed(): void {
    this.#onClosed();
    this.#report();
  }

  #report(): void {
    this.#reportedAt = performance.now();
    this.#send(
      describeCamera({
        state: this.#state,
        output: this.#media.open?.output ?? null,
        opened: this.#media.opened,
        passthrough: this.#passthroughDecision.decide(),
        vp8Viewers: this.#subscribers.of('VP8').length,
        hasBFrames: this.#media.hasBFrames,
        newestAt: this.newestAt(),
      }),
    );
  }
}
