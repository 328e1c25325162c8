import type { EndReason } from '../../domain/contract.js';
import { Failure } from '../../domain/failure.js';
import type { SessionFreshness } from '../../domain/freshness.js';
import type { IceAgentSettings } from '../../domain/ice.js';
import type { Log } from '../../domain/log.js';
import type { ProcessMeasures } from '../../domain/measures.js';
import type { MediaEvents } from '../../domain/media-engine.js';
import type { ConnectionCamera, ConnectionOffer, MultiCameraConnections } from '../../domain/multi-camera.js';
import { type FromMultiCamera, MULTI_CAMERA_REPLIES, type ToMultiCamera } from '../../messages/multi-camera.js';
import { processFigures } from '../../process/proc.js';
import { RequestError } from '../../process/requests.js';
import { type Exit, Supervised } from '../../process/supervised.js';
import { answerForWebrtcbin } from '../../protocol/answer-for-webrtcbin.js';
import { candidatesOf } from '../../protocol/candidates.js';
import { composeMultiCameraOffer } from '../../protocol/multi-camera-offer.js';
import type { Offer } from '../../protocol/offer.js';
import { offerOfCameras } from '../../protocol/sdp-for-webrtcbin.js';
import type { Forward } from './forward.js';
import { FreshnessCache } from './freshness-cache.js';
import { levelOf } from './log-level.js';
import { type MultiCameraConnection, MultiCameraConnectionTable } from './multi-camera-connections.js';
import { endedEarly, withCandidates } from './negotiation.js';
import { startMultiCamera, WORKER_RESTARTS } from './worker-process.js';

export interface MultiCameraWorkerOptions {
  /** Settings of the ICE agent, read for each connection. @throws Failure */
  iceSettings: () => IceAgentSettings;
  /** Forwards a camera's stream to a port of this machine. */
  forward(camera: string, port: number): Forward;
  /** Of the stream sent to a camera's viewers; the expected one while it is unknown. */
  profileLevelId(camera: string): string;
  /** A viewer of a camera requests a keyframe. */
  keyframeWanted(camera: string): void;
  events: MediaEvents;
  log: Log;
}

/** GStreamer's first session takes 1 s on a slow machine, gathering 0.25 s. */
const TIMEOUT_MS = 6_000;

/**
 * The parent's side of the multi-camera process (docs/adr/0009). It starts when first needed; when it
 * exits, the sessions of all its connections end with `worker-died`.
 */
export class MultiCameraWorker implements MultiCameraConnections {
  readonly #options: MultiCameraWorkerOptions;
  readonly #process: Supervised<ToMultiCamera, FromMultiCamera, typeof MULTI_CAMERA_REPLIES>;
  readonly #connections = new MultiCameraConnectionTable();
  readonly #forwards = new Map<string, { port: number; forward: Forward }>();
  /** Ports that cameras of source `forwarded` are forwarded to. */
  readonly #receiverPorts = new Map<string, number>();
  readonly #freshness = new FreshnessCache();

  constructor(options: MultiCameraWorkerOptions) {
    this.#options = options;
    this.#process = new Supervised({
      launch: onMessage => startMultiCamera({ log: options.log, onMessage }),
      replies: MULTI_CAMERA_REPLIES,
      policy: WORKER_RESTARTS,
      onMessage: message => this.#onMessage(message),
      onExit: exit => this.#onExit(exit),
    });
  }

  prepareConnections(): void {
    this.#process.start();
  }

  async offerCameras(
    connection: string,
    parts: readonly ConnectionCamera[],
    mids: readonly string[],
  ): Promise<ConnectionOffer> {
    const ice = this.#options.iceSettings();
    const named = parts.map(({ session, camera }, index) => ({ session, camera, mid: mids[index] ?? '' }));
    const entry = this.#connections.add(connection, parts, { isSending: false });
    return await this.#negotiate(connection, entry, async limits => {
      // Sessions that ended while the process started are not offered.
      const offered = named.filter(({ session }) => entry.parts.has(session));
      const cameras = offered.map(({ camera }) => camera);
      const { offer } = await this.#process.request({ type: 'offer', connection, cameras, ice }, limits);
      entry.offer = { mids: offered.map(({ mid }) => mid), sdp: offer };
      const candidates = candidatesOf(offer, ice.announce);
      const sections = offered.map(({ camera, mid }) => ({
        camera,
        mid,
        profileLevelId: this.#options.profileLevelId(camera),
      }));
      return { sdp: composeMultiCameraOffer(offer, sections, candidates), candidates };
    });
  }

  acceptAnswer(connection: string, answer: string): void {
    const { offer } = this.#connections.get(connection) ?? {};
    if (!offer) return;
    const own = answerForWebrtcbin(answer, offer.sdp, {
      name: 'receiver',
      direction: 'recvonly',
      mids: offer.mids,
    });
    this.#process.send({ type: 'accept', connection, answer: own });
  }

  async receiveCameras(connection: string, parts: readonly ConnectionCamera[], offer: Offer): Promise<ConnectionOffer> {
    const ice = this.#options.iceSettings();
    const { text } = offerOfCameras(offer);
    const cameras = parts.map(({ camera }) => camera);
    const entry = this.#connections.add(connection, parts, { isSending: true });
    return await this.#negotiate(connection, entry, async limits => {
      const { answer } = await this.#process.request(
        { type: 'receive', connection, cameras, offer: text, ice },
        limits,
      );
      for (const camera of cameras) this.#route(camera);
      const candidates = candidatesOf(answer, ice.announce);
      return { sdp: withCandidates(answer, candidates), candidates };
    });
  }

  trickleConnection(connection: string, candidates: readonly string[]): void {
    if (this.#connections.has(connection) && candidates.length > 0)
      this.#process.send({ type: 'candidates', connection, values: candidates });
  }

  /** Removes a session's camera from its connection, which ends with the last one. Ignores unknown sessions. */
  leave(session: string): void {
    for (const [connection, { parts, isStarted }] of this.#connections) {
      const camera = parts.get(session);
      if (camera === undefined) continue;
      parts.delete(session);
      if (parts.size === 0) this.#end(connection);
      else if (isStarted) this.#process.send({ type: 'drop', connection, camera });
      return;
    }
  }

  /** Forwards a camera of source `forwarded` to this port; null stops it. */
  forwardTo(camera: string, port: number | null): void {
    if (port !== null) this.#receiverPorts.set(camera, port);
    else this.#receiverPorts.delete(camera);
    this.#route(camera);
  }

  /** Requests a keyframe from the sender of a camera of source `forwarded`. */
  requestKeyframe(camera: string): void {
    const connection = this.#connections.senderOf(camera);
    if (connection !== undefined) this.#process.send({ type: 'keyframe', connection, camera });
  }

  /** Refreshes the freshness of all connections; see FreshnessWatch. */
  async refreshFreshness(timeoutMs: number): Promise<void> {
    if (!this.#process.isUp || this.#connections.size === 0) return;
    // Without an answer the last times remain, and the ages grow.
    const reply = await this.#process.request({ type: 'freshness' }, { timeoutMs }).catch(() => null);
    if (reply) this.#freshness.update({ ...reply, newestAt: null });
  }

  /** The freshness of a camera's sessions, from the last refresh. */
  freshness(camera: string): [session: string, SessionFreshness][] {
    const { sessions } = this.#freshness.freshness(connection => this.#connections.has(connection));
    return [...sessions].flatMap(([connection, fresh]) =>
      this.#connections.sessionsWith(connection, camera).map((session): [string, SessionFreshness] => [session, fresh]),
    );
  }

  /** Null while it does not run. */
  async measure(): Promise<ProcessMeasures | null> {
    const pid = this.#process.child?.pid;
    const figures = pid === undefined ? null : await processFigures(pid);
    return figures && { ...figures, loopLagMs: null };
  }

  async close(): Promise<void> {
    await this.#process.close();
  }

  #route(camera: string): void {
    const connection = this.#connections.senderOf(camera);
    if (connection === undefined) return;
    const port = this.#receiverPorts.get(camera);
    this.#process.send(
      port === undefined ? { type: 'stop-forward', connection, camera } : { type: 'forward', connection, camera, port },
    );
  }

  /**
   * Waits for the process, then sends it the request. A failed connection is removed from the process, where nothing
   * else would end it.
   */
  async #negotiate(
    connection: string,
    entry: MultiCameraConnection,
    ask: (limits: { timeoutMs: number; signal: AbortSignal }) => Promise<ConnectionOffer>,
  ): Promise<ConnectionOffer> {
    const { signal } = entry.abort;
    const startedAt = performance.now();
    this.prepareConnections();
    try {
      await this.#process.untilUp({ timeoutMs: TIMEOUT_MS, signal });
      entry.isStarted = true;
      return await ask({ timeoutMs: TIMEOUT_MS - (performance.now() - startedAt), signal });
    } catch (error) {
      if (error instanceof RequestError && error.fault === 'refused') throw this.#refused(connection, error);
      this.#end(connection);
      throw error instanceof RequestError ? notInTime() : error;
    }
  }

  #onMessage(message: FromMultiCamera): void {
    const { events, log } = this.#options;
    switch (message.type) {
      case 'receiver-opened':
        this.#forwards.get(message.camera)?.forward.close();
        this.#forwards.set(message.camera, {
          port: message.port,
          forward: this.#options.forward(message.camera, message.port),
        });
        break;
      case 'receiver-closed':
        if (this.#forwards.get(message.camera)?.port === message.port) this.#closeForward(message.camera);
        break;
      case 'keyframe-wanted':
        this.#options.keyframeWanted(message.camera);
        break;
      case 'connected':
        for (const session of this.#connections.sessionsOf(message.connection)) events.sessionConnected(session);
        break;
      case 'sending':
        for (const session of this.#connections.sessionsOf(message.connection)) events.sessionSending(session);
        break;
      case 'stats':
        for (const session of this.#connections.sessionsOf(message.connection))
          events.sessionMeasured(session, message.stats);
        break;
      case 'ended':
        this.#ended(message.connection, message.reason as EndReason, message.detail);
        break;
      case 'log':
        log[levelOf(message.level)](message.fields, message.event);
        break;
      default:
        log.error({ type: message.type }, 'unexpected message from multi-camera process');
    }
  }

  /** The process could not make a connection, and has already ended it. @returns the failure for the caller */
  #refused(connection: string, { code, message: detail, remedy }: RequestError): Failure {
    const isFull = code === 'overloaded';
    this.#options.log[isFull ? 'warn' : 'error']({ connection, detail }, 'multi-camera connection failed');
    this.#ended(connection, 'sending-failed', detail);
    return isFull
      ? new Failure('overloaded', detail, { remedy: remedy ?? undefined, retryAfter: 2 })
      : new Failure('internal', detail);
  }

  /** The process has ended it, or has exited. */
  #ended(connection: string, reason: EndReason, detail: string | null): void {
    const entry = this.#connections.get(connection);
    this.#connections.delete(connection);
    entry?.abort.abort(new Failure('internal', detail ?? reason));
    for (const session of entry?.parts.keys() ?? []) this.#options.events.sessionEnded(session, reason, detail);
  }

  #end(connection: string): void {
    const entry = this.#connections.get(connection);
    if (!entry) return;
    this.#connections.delete(connection);
    if (entry.isStarted) this.#process.send({ type: 'leave', connection });
    entry.abort.abort(endedEarly());
  }

  #closeForward(camera: string): void {
    this.#forwards.get(camera)?.forward.close();
    this.#forwards.delete(camera);
  }

  #onExit({ reason, next, restartInMs }: Exit): void {
    for (const camera of [...this.#forwards.keys()]) this.#closeForward(camera);
    if (next === 'closed') return;
    this.#options.log.error({ reason, restartInMs }, 'multi-camera process exited');
    // The others wait for the next process.
    for (const [connection, { isStarted }] of [...this.#connections])
      if (isStarted) this.#ended(connection, 'worker-died', reason);
  }
}

const notInTime = (): Failure =>
  new Failure('camera-starting', 'The multi-camera process did not answer in time.', { retryAfter: 2 });
