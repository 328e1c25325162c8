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
  /** What the ICE agent uses, asked for each connection. @throws Failure */
  iceSettings: () => IceAgentSettings;
  /** Has a camera's stream sent to a port of this machine. */
  forward(camera: string, port: number): Forward;
  /** Of the stream that a camera's viewers are sent, as far as it is known. */
  profileLevelId(camera: string): string;
  /** Whoever is sent a camera asks for a keyframe. */
  keyframeWanted(camera: string): void;
  events: MediaEvents;
  log: Log;
}

/** GStreamer's first session takes a second on a slow machine, gathering a quarter of one. */
const TIMEOUT_MS = 6_000;

/**
 * The parent's side of the process in which cameras meet in one connection (docs/adr/0009). It is started when it is first
 * needed; when it dies, the sessions of all its connections end with `worker-died`.
 */
export class MultiCameraWorker implements MultiCameraConnections {
  readonly #options: MultiCameraWorkerOptions;
  readonly #process: Supervised<ToMultiCamera, FromMultiCamera, typeof MULTI_CAMERA_REPLIES>;
  readonly #connections = new MultiCameraConnectionTable();
  readonly #forwards = new Map<string, { port: number; forward: Forward }>();
  /** Ports that cameras of source `forwarded` are to be sent to. */
  readonly #wanted = new Map<string, number>();
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
      // Whoever left while the process started is not offered.
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

  /** Takes a session's camera out of its connection, which ends with its last. Nothing happens if it is not there. */
  leave(session: string): void {
    for (const [connection, { parts, isBegun }] of this.#connections) {
      const camera = parts.get(session);
      if (camera === undefined) continue;
      parts.delete(session);
      if (parts.size === 0) this.#end(connection);
      else if (isBegun) this.#process.send({ type: 'drop', connection, camera });
      return;
    }
  }

  /** A camera of source `forwarded` is to be sent to this port; null: it is not wanted any more. */
  want(camera: string, port: number | null): void {
    if (port !== null) this.#wanted.set(camera, port);
    else this.#wanted.delete(camera);
    this.#route(camera);
  }

  /** Whoever sends a camera of source `forwarded` is to make a keyframe. */
  requestKeyframe(camera: string): void {
    const connection = this.#connections.senderOf(camera);
    if (connection !== undefined) this.#process.send({ type: 'keyframe', connection, camera });
  }

  /** Has the process say what it knows now of its connections; see FreshnessWatch. */
  async look(timeoutMs: number): Promise<void> {
    if (!this.#process.isUp || this.#connections.size === 0) return;
    // One that says nothing is as old as it was.
    const looked = await this.#process.request({ type: 'freshness' }, { timeoutMs: timeoutMs }).catch(() => null);
    if (looked) this.#freshness.update({ ...looked, newestAt: null });
  }

  /** Of the sessions of a camera, by what was said last. */
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
    const port = this.#wanted.get(camera);
    this.#process.send(
      port === undefined ? { type: 'stop-forward', connection, camera } : { type: 'forward', connection, camera, port },
    );
  }

  /**
   * Waits for the process, and has it asked. A connection that does not come about is not left behind in it, where
   * nothing would ever end it.
   */
  async #negotiate(
    connection: string,
    entry: MultiCameraConnection,
    ask: (limits: { timeoutMs: number; signal: AbortSignal }) => Promise<ConnectionOffer>,
  ): Promise<ConnectionOffer> {
    const { signal } = entry.abort;
    const began = performance.now();
    this.prepareConnections();
    try {
      await this.#process.untilUp({ timeoutMs: TIMEOUT_MS, signal });
      entry.isBegun = true;
      return await ask({ timeoutMs: TIMEOUT_MS - (performance.now() - began), signal });
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
        this.#over(message.connection, message.reason as EndReason, message.detail);
        break;
      case 'log':
        log[levelOf(message.level)](message.fields, message.event);
        break;
      default:
        log.error({ type: message.type }, 'message of the process for connections makes no sense from it');
    }
  }

  /** The process could not make a connection, and has ended it by itself. @returns what whoever asked is told */
  #refused(connection: string, { code, message: detail, remedy }: RequestError): Failure {
    const isFull = code === 'overloaded';
    this.#options.log[isFull ? 'warn' : 'error']({ connection, detail }, 'a connection of several cameras failed');
    this.#over(connection, 'sending-failed', detail);
    return isFull
      ? new Failure('overloaded', detail, { remedy: remedy ?? undefined, retryAfter: 2 })
      : new Failure('internal', detail);
  }

  /** The process has ended it, or has died. */
  #over(connection: string, reason: EndReason, detail: string | null): void {
    const entry = this.#connections.get(connection);
    this.#connections.delete(connection);
    entry?.abort.abort(new Failure('internal', detail ?? reason));
    for (const session of entry?.parts.keys() ?? []) this.#options.events.sessionEnded(session, reason, detail);
  }

  #end(connection: string): void {
    const entry = this.#connections.get(connection);
    if (!entry) return;
    this.#connections.delete(connection);
    if (entry.isBegun) this.#process.send({ type: 'leave', connection });
    entry.abort.abort(endedEarly());
  }

  #closeForward(camera: string): void {
    this.#forwards.get(camera)?.forward.close();
    this.#forwards.delete(camera);
  }

  #onExit({ reason, next, restartInMs }: Exit): void {
    for (const camera of [...this.#forwards.keys()]) this.#closeForward(camera);
    if (next === 'closed') return;
    this.#options.log.error({ reason, restartInMs }, 'the process for connections of several cameras died');
    // The others wait for the next process.
    for (const [connection, { isBegun }] of [...this.#connections])
      if (isBegun) this.#over(connection, 'worker-died', reason);
  }
}

const notInTime = (): Failure => new Failure('camera-starting', 'There was no answer in time.', { retryAfter: 2 });
