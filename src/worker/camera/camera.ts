import type { StreamFigures } from '../../domain/measures.js';
import type { FromWorker } from '../../messages/camera-worker.js';
import { asMonotonic } from '../../process/monotonic.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import { EncoderChoice } from '../encoding/encoder-choice.js';
import { type Snapshot, takeSnapshot } from '../encoding/snapshot.js';
import { CameraFailure } from '../failure.js';
import type { Config } from '../sources/opening.js';
import { PassthroughDecision } from '../sources/passthrough-decision.js';
import type { Publication, PublisherEvents, PublishRequest } from '../sources/publication.js';
import { CameraMedia, runningTimeZero } from './camera-media.js';
import { CameraPublisher } from './camera-publisher.js';
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

/**
 * The camera of this process: open while it has subscribers and for a while after, or while somebody publishes to it.
 * camera-transition.ts decides; this runs the effects, checks the pipelines and reports.
 */
export class Camera {
  readonly #send: (message: FromWorker) => void;
  readonly #onClosed: () => void;
  readonly #encoders: EncoderChoice;
  readonly #subscribers = new Subscribers();
  readonly #watch = new FrameWatch(() => this.#media.noteFrames());
  readonly #publisher = new CameraPublisher(event => this.#dispatch(event));
  readonly #media: CameraMedia;
  #config: Config;
  #passthroughDecision: PassthroughDecision;
  #state: CameraState;
  /** Queued until the effects of the previous event have run. */
  readonly #events: CameraEvent[] = [];
  #isRunning = false;
  #timer: NodeJS.Timeout | null = null;
  #checkedAt = 0;
  #reportedAt = 0;
  #snapshots = 0;

  /** @param onClosed a pipeline was closed: its buffers are to be garbage-collected */
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
      passthroughDecision: () => this.#passthroughDecision,
      state: () => this.#state,
      publication: () => this.#publisher.publication,
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

  /** Probes the source once, so that the first viewer does not wait for that. */
  async prepare(): Promise<void> {
    try {
      await this.#passthroughDecision.probe(this.#config.device);
    } catch (error) {
      const fields = { error: String(error) };
      this.#send({ type: 'log', level: 'error', event: 'source probe failed', fields });
    }
    this.#report();
  }

  /** Applies another configuration; viewers stay. */
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
   * Subscribes to the camera, and opens it if it is closed; resolves as soon as something is shown.
   * @param codec null for the camera's own
   * @throws CameraFailure
   */
  async subscribe(
    subscriber: string,
    codec: VideoCodecName | null,
    onFailure: (failure: CameraFailure) => void,
  ): Promise<Subscription> {
    const joined = this.#subscribers.add(subscriber, codec, onFailure);
    this.#dispatch({ type: 'subscribe', subscriber });
    const open = this.#media.open;
    // If it rejects, the subscriber has the failure.
    await open?.shown.promise.catch(() => undefined);
    const failure = joined.failure();
    if (failure) throw failure;
    if (!open || !this.#subscribers.has(subscriber, joined))
      throw new CameraFailure('The viewer left before the camera opened.', 'Try again.');
    return subscriptionAt(open, codec ?? open.output.codec ?? 'H264');
  }

  unsubscribe(subscriber: string): void {
    if (!this.#subscribers.delete(subscriber)) return;
    const { output } = this.#media.open ?? {};
    if (output?.hasVp8 && output.codec !== 'VP8' && this.#subscribers.of('VP8').length === 0) output.closeVp8();
    this.#dispatch({ type: 'unsubscribe', subscriber });
  }

  /** Takes the camera's frames from a publisher; its connection is watched from `watch` on. @throws CameraFailure */
  async publish(session: string, request: PublishRequest, events: PublisherEvents): Promise<string> {
    if (this.#publisher.publication) throw new Error('the camera has a publisher already');
    if (this.#config.source.type !== 'whip')
      throw new CameraFailure('Nobody can publish to this camera any more.', 'Publish to another one.');
    const baseTime = this.#media.open?.baseTime ?? runningTimeZero();
    return await this.#publisher.publish(session, request, baseTime, events);
  }

  /** The publication of a session; null if that is not the publisher's. */
  publication(session: string): Publication | null {
    return this.#publisher.publicationOf(session);
  }

  /** Ends a publication; viewers see a placeholder for `publisherReturn`, or until somebody publishes again. */
  unpublish(session: string): void {
    this.#dispatch({ type: 'unpublish', session });
  }

  /** Makes the next frame a keyframe. */
  requestKeyframe(): void {
    this.#media.open?.output.stream?.requestKeyframe();
  }

  /** Viewers have asked for keyframes: passes that on where no upstream event reaches the encoder. */
  keyframesRequested(): void {
    const stream = this.#media.open?.output.stream;
    if (stream && !stream.forwardsKeyframeRequests) stream.requestKeyframe();
  }

  /** The newest frame, as JPEG; opens the camera if it is closed. @throws CameraFailure */
  async snapshot(): Promise<Snapshot> {
    const subscriber = `snapshot-${++this.#snapshots}`;
    let failed: CameraFailure | null = null;
    try {
      const subscription = await this.subscribe(subscriber, null, failure => {
        failed = failure;
      });
      await subscription.ready;
      if (failed || !this.#media.open) throw failed ?? new CameraFailure('The camera was closed.', 'Try again.');
      const { phase, problem } = this.#state;
      if (phase !== 'live' && problem) throw problem;
      return await takeSnapshot(this.#media.open.output);
    } finally {
      this.unsubscribe(subscriber);
    }
  }

  /**
   * When its newest frame was sent to viewers, ms of CLOCK_MONOTONIC, placeholders excluded; null while it is closed
   * and before the first. Exact to POLL_INTERVAL_MS, or to that of FrameWatch while that polls.
   */
  newestAt(): number | null {
    const { stream } = this.#media.open?.output ?? {};
    if (this.#state.phase === 'opening' || !stream) return null;
    this.#media.noteFrames();
    return asMonotonic(Math.min(this.#state.lastFrameAt, stream.video.sentAt()));
  }

  /** Polls for new frames often while a client asks for their age often. @param everyMs how often; 0: once */
  watch(everyMs: number): void {
    if (this.#media.open) this.#watch.extend(everyMs);
  }

  /** Null while the camera is closed. */
  async measure(): Promise<StreamFigures | null> {
    const stream = this.#media.open?.output.stream;
    return stream ? await measureStream(stream, this.#media.opened?.source ?? this.#publisher.publication) : null;
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
      // The effects have run in part, so the state is unknown: ends the process, regardless of the caller.
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
        this.#publisher.close();
        break;
      case 'end-publisher':
        this.#publisher.end(effect.failure);
        break;
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

  /** The one timer: checks the pipelines and dispatches `tick`. */
  #schedule(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#media.open) return;
    const wakeAt = Math.min(nextDue(this.#state) ?? Number.POSITIVE_INFINITY, this.#checkedAt + POLL_INTERVAL_MS);
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, wakeAt - performance.now()));
  }

  #wake(): void {
    this.#checkedAt = performance.now();
    this.#media.check();
    this.#dispatch({ type: 'tick' });
    if (performance.now() - this.#reportedAt >= REPORT_MS) this.#report();
  }

  /** Something was shown or closed: pipelines may be garbage. */
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
