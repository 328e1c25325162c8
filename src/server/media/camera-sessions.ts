import type { CameraPlan } from '../../domain/camera-plan.js';
import { Failure } from '../../domain/failure.js';
import type { IceAgentSettings } from '../../domain/ice.js';
import type { MediaEvents } from '../../domain/media-engine.js';
import type { FromWorker, ToWorker, WORKER_REPLIES } from '../../messages/camera-worker.js';
import { RequestError } from '../../process/requests.js';
import type { Supervised } from '../../process/supervised.js';
import { type Agreement, agree, type Stream } from '../../protocol/agreement.js';
import { usableCandidate } from '../../protocol/candidate.js';
import { type CodecName, EXPECTED } from '../../protocol/codecs.js';
import type { Offer } from '../../protocol/offer.js';
import type { CameraReport } from './camera-report.js';
import { endedEarly, finishAnswer, publishable, requestFor, type SessionOffer, streamsOf } from './negotiation.js';
import { failureOf, noPublisher, starting } from './refusals.js';

export type CameraProcess = Supervised<ToWorker, FromWorker, typeof WORKER_REPLIES>;

export interface CameraSessionsOptions {
  plan: () => CameraPlan;
  worker: CameraProcess;
  report: CameraReport;
  /** Settings of the worker's ICE agent, read for each session. @throws Failure */
  iceSettings: () => IceAgentSettings;
  /** @throws Failure no-encoder-slot */
  acquireEncoder(): void;
  events: MediaEvents;
}

/** A viewer, a publisher, or a forward of the stream. */
interface User {
  /** The message to the worker when it leaves. */
  leaveMessage: { type: 'leave'; session: string } | { type: 'stop-forward'; forward: string };
  /** Aborts what it waits for. */
  abort: AbortController;
  /** Whether the worker knows it; else it still waits for a worker. */
  isKnown: boolean;
}

/** How long a viewer waits for a worker that is starting. */
const READY_TIMEOUT_MS = 4_000;
/**
 * The worker probes a source for 8 s and waits another 8 s for its first frame; it reports the cause, so wait longer.
 */
export const ANSWER_TIMEOUT_MS = 17_000;

/** The users of a camera whom its worker serves: from their arrival until they leave, or the worker exits. */
export class CameraSessions {
  readonly #options: CameraSessionsOptions;
  readonly #users = new Map<string, User>();
  /** Codecs for which the worker has elements. */
  #codecs: readonly CodecName[] = [];
  /** What the last publisher agreed to send. */
  #published: Stream = { codec: 'H264', ...EXPECTED };

  constructor(options: CameraSessionsOptions) {
    this.#options = options;
  }

  setCodecs(codecs: readonly CodecName[]): void {
    this.#codecs = codecs;
  }

  has(session: string): boolean {
    return this.#users.has(session);
  }

  /** @throws Failure, OfferError */
  async watch(session: string, offer: Offer, requestId: string): Promise<string> {
    const { report, iceSettings, acquireEncoder } = this.#options;
    return await this.#use(session, { type: 'leave', session }, async signal => {
      const plan = this.#options.plan();
      // While viewers wait for a publisher to return, others may join them.
      const { publisher, state, audio } = report.status;
      if (plan.source.type === 'whip' && publisher === null && state !== 'lost') throw noPublisher(plan.id);
      const streams = streamsOf(plan, report.status, this.#published, this.#codecs);
      const agreement = agree(offer, streams, audio !== null);
      const ice = iceSettings();
      acquireEncoder();
      const { codec, video } = agreement;
      if (codec === 'H264') report.profiles.add(session, requestId, video.codec.parameters);
      return await this.#negotiate('join', { session, requestId, offer, agreement, ice }, signal);
    });
  }

  /** @throws Failure, OfferError */
  async publish(session: string, offer: Offer, requestId: string): Promise<string> {
    return await this.#use(session, { type: 'leave', session }, async signal => {
      const agreement = this.#agreePublisher(offer);
      this.#published = { codec: agreement.codec, profileLevelId: null };
      const ice = this.#options.iceSettings();
      return await this.#negotiate('publish', { session, requestId, offer, agreement, ice }, signal);
    });
  }

  /** @throws Failure, OfferError */
  checkPublisher(offer: Offer): void {
    this.#agreePublisher(offer);
    this.#options.iceSettings();
  }

  /** Sends the stream to a port of this machine; resolves with why it ended. @throws Failure if it does not start */
  async forward(forward: string, port: number): Promise<Failure> {
    return await this.#use(forward, { type: 'stop-forward', forward }, async signal => {
      this.#options.acquireEncoder();
      const { detail } = await this.#options.worker.request(
        { type: 'forward', forward, port },
        { timeoutMs: null, signal },
      );
      this.#users.delete(forward);
      return new Failure('camera-unavailable', detail, { retryAfter: 2 });
    });
  }

  stopForward(forward: string): void {
    this.leave(forward);
  }

  trickle(session: string, candidates: readonly string[]): void {
    const values = candidates.flatMap(candidate => usableCandidate(candidate) ?? []);
    if (values.length > 0 && this.#users.get(session)?.isKnown)
      this.#options.worker.send({ type: 'candidates', session, values });
  }

  /** Removes a user, if it exists. */
  leave(id: string): void {
    const user = this.#users.get(id);
    if (!user) return;
    this.#forget(id);
    if (user.isKnown) this.#options.worker.send(user.leaveMessage);
    user.abort.abort(endedEarly());
  }

  /** Ends the users that the worker knew; those that wait for a worker keep waiting. */
  workerDied(reason: string): void {
    for (const [id, { leaveMessage, isKnown }] of [...this.#users]) {
      if (!isKnown) continue;
      this.#forget(id);
      if (leaveMessage.type === 'leave') this.#options.events.sessionEnded(id, 'worker-died', reason);
    }
  }

  /** Waits until the worker accepts requests. @throws Failure */
  async untilReady(signal?: AbortSignal): Promise<void> {
    try {
      await this.#options.worker.untilUp({ timeoutMs: READY_TIMEOUT_MS, signal });
    } catch (error) {
      // Whatever the cause, another worker is started.
      throw error instanceof RequestError ? starting(this.#options.plan().id, this.#options.report.exitReason) : error;
    }
  }

  async #use<T>(
    id: string,
    leaveMessage: User['leaveMessage'],
    begin: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const abort = new AbortController();
    const user: User = { leaveMessage, abort, isKnown: false };
    this.#users.set(id, user);
    try {
      await this.untilReady(abort.signal);
      user.isKnown = true;
      return await begin(abort.signal);
    } catch (error) {
      if (this.#users.get(id) === user) this.leave(id);
      throw failureOf(this.#options.plan().id, error, this.#options.report.exitReason);
    }
  }

  async #negotiate(type: 'join' | 'publish', request: SessionOffer, signal: AbortSignal): Promise<string> {
    const { worker, report } = this.#options;
    const asked = requestFor(type, request);
    const { answer } = await worker.request(asked, { timeoutMs: ANSWER_TIMEOUT_MS, signal });
    return finishAnswer(answer, request, report.status);
  }

  #agreePublisher(offer: Offer): Agreement {
    return agree(offer, publishable(this.#codecs), this.#codecs.includes('OPUS'));
  }

  #forget(id: string): void {
    this.#users.delete(id);
    this.#options.report.profiles.delete(id);
  }
}
