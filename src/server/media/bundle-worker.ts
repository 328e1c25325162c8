import type { EndReason } from '../../domain/contract.js';
import { Failure } from '../../domain/failure.js';
import type { SessionFreshness } from '../../domain/freshness.js';
import type { IceAgentSettings } from '../../domain/ice.js';
import type { Log } from '../../domain/log.js';
import type { ProcessMeasures } from '../../domain/measures.js';
import type { MediaEvents } from '../../domain/media-engine.js';
import type { BundlePart, Bundles, OfferedBundle } from '../../domain/multi-camera.js';
import { BUNDLES_REPLIES, type FromBundles, type ToBundles } from '../../messages/bundles.js';
import { processFigures } from '../../process/proc.js';
import { RequestError } from '../../process/requests.js';
import { type Exit, Supervised } from '../../process/supervised.js';
import { answerForWebrtcbin } from '../../protocol/answer-for-webrtcbin.js';
import { composeBundleOffer } from '../../protocol/bundle-offer.js';
import { candidatesOf } from '../../protocol/candidates.js';
import type { Offer } from '../../protocol/offer.js';
import { offerOfCameras } from '../../protocol/sdp-for-webrtcbin.js';
import { type BundleConnection, BundleConnections } from './bundle-connections.js';
import type { Feed } from './feed.js';
import { levelOf } from './log-level.js';
import { endedEarly, withCandidates } from './negotiation.js';
import { WorkerLooks } from './worker-looks.js';
import { startBundles, WORKER_RESTARTS } from './worker-process.js';

export interface BundleWorkerOptions {
  /** What the ICE agent uses, asked for each connection. @throws Failure */
  iceSettings: () => IceAgentSettings;
  /** Has a camera's stream sent to a port of this machine. */
  feed(camera: string, port: number): Feed;
  /** Of the stream that a camera's viewers are sent, as far as it is known. */
  profileLevelId(camera: string): string;
  /** Whoever is sent a camera asks for a keyframe. */
  keyframeWanted(camera: string): void;
  events: MediaEvents;
  log: Log;
}

/** GStreamer's first session takes a second on a slow machine, gathering a quarter of one. */
const PATIENCE_MS = 6_000;

/**
 * The parent's side of the process in which cameras meet in one connection (docs/adr/0009). It is started when it is first
 * needed; when it dies, the sessions of all its connections end with `worker-died`.
 */
export class BundleWorker implements Bundles {
  readonly #options: BundleWorkerOptions;
  readonly #process: Supervised<ToBundles, FromBundles, typeof BUNDLES_REPLIES>;
  readonly #connections = new BundleConnections();
  readonly #feeds = new Map<string, { port: number; feed: Feed }>();
  /** Ports that cameras of source `legacy` are to be sent to. */
  readonly #wanted = new Map<string, number>();
  readonly #looks = new WorkerLooks();

  constructor(options: BundleWorkerOptions) {
    this.#options = options;
    this.#process = new Supervised({
      launch: onMessage => startBundles({ log: options.log, onMessage }),
      replies: BUNDLES_REPLIES,
      policy: WORKER_RESTARTS,
      onMessage: message => this.#onMessage(message),
      onExit: exit => this.#onExit(exit),
    });
  }

  prepareBundles(): void {
    this.#process.start();
  }

  async offerBundle(bundle: string, parts: readonly BundlePart[], mids: readonly string[]): Promise<OfferedBundle> {
    const ice = this.#options.iceSettings();
    const named = parts.map(({ session, camera }, index) => ({ session, camera, mid: mids[index] ?? '' }));
    const connection = this.#connections.add(bundle, parts, { isSending: false });
    return await this.#negotiate(bundle, connection, async limits => {
      // Whoever left while the process started is not offered.
      const offered = named.filter(({ session }) => connection.parts.has(session));
      const cameras = offered.map(({ camera }) => camera);
      const { offer } = await this.#process.request({ type: 'offer', bundle, cameras, ice }, limits);
      connection.offer = { mids: offered.map(({ mid }) => mid), sdp: offer };
      const candidates = candidatesOf(offer, ice.announce);
      const sections = offered.map(({ camera, mid }) => ({
        camera,
        mid,
        profileLevelId: this.#options.profileLevelId(camera),
      }));
      return { sdp: composeBundleOffer(offer, sections, candidates), candidates };
    });
  }

  acceptBundle(bundle: string, answer: string): void {
    const { offer } = this.#connections.get(bundle) ?? {};
    if (!offer) return;
    const own = answerForWebrtcbin(answer, offer.sdp, {
      name: 'receiver',
      direction: 'recvonly',
      mids: offer.mids,
    });
    this.#process.send({ type: 'accept', bundle, answer: own });
  }

  async receiveBundle(bundle: string, parts: readonly BundlePart[], offer: Offer): Promise<OfferedBundle> {
    const ice = this.#options.iceSettings();
    const { text } = offerOfCameras(offer);
    const cameras = parts.map(({ camera }) => camera);
    const connection = this.#connections.add(bundle, parts, { isSending: true });
    return await this.#negotiate(bundle, connection, async limits => {
      const { answer } = await this.#process.request({ type: 'receive', bundle, cameras, offer: text, ice }, limits);
      for (const camera of cameras) this.#route(camera);
      const candidates = candidatesOf(answer, ice.announce);
      return { sdp: withCandidates(answer, candidates), candidates };
    });
  }

  trickleBundle(bundle: string, candidates: readonly string[]): void {
    if (this.#connections.has(bundle) && candidates.length > 0)
      this.#process.send({ type: 'candidates', bundle, values: candidates });
  }

  /** Takes a session's camera out of its connection, which ends with its last. Nothing happens if it is not there. */
  leave(session: string): void {
    for (const [bundle, { parts, isBegun }] of this.#connections) {
      const camera = parts.get(session);
      if (camera === undefined) continue;
      parts.delete(session);
      if (parts.size === 0) this.#end(bundle);
      else if (isBegun) this.#process.send({ type: 'drop', bundle, camera });
      return;
    }
  }

  /** A camera of source `legacy` is to be sent to this port; null: it is not wanted any more. */
  want(camera: string, port: number | null): void {
    if (port !== null) this.#wanted.set(camera, port);
    else this.#wanted.delete(camera);
    this.#route(camera);
  }

  /** Whoever sends a camera of source `legacy` is to make a keyframe. */
  requestKeyframe(camera: string): void {
    const bundle = this.#connections.senderOf(camera);
    if (bundle !== undefined) this.#process.send({ type: 'keyframe', bundle, camera });
  }

  /** Has the process say what it knows now of its connections; see FreshnessWatch. */
  async look(patienceMs: number): Promise<void> {
    if (!this.#process.isUp || this.#connections.size === 0) return;
    // One that says nothing is as old as it was.
    const looked = await this.#process.request({ type: 'look' }, { patienceMs }).catch(() => null);
    if (looked) this.#looks.looked({ ...looked, newestAt: null });
  }

  /** Of the sessions of a camera, by what was said last. */
  freshness(camera: string): [session: string, SessionFreshness][] {
    const { sessions } = this.#looks.freshness(bundle => this.#connections.has(bundle));
    return [...sessions].flatMap(([bundle, fresh]) =>
      this.#connections.sessionsWith(bundle, camera).map((session): [string, SessionFreshness] => [session, fresh]),
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
    const bundle = this.#connections.senderOf(camera);
    if (bundle === undefined) return;
    const port = this.#wanted.get(camera);
    this.#process.send(
      port === undefined ? { type: 'no-outlet', bundle, camera } : { type: 'outlet', bundle, camera, port },
    );
  }

  /**
   * Waits for the process, and has it asked. A connection that does not come about is not left behind in it, where
   * nothing would ever end it.
   */
  async #negotiate(
    bundle: string,
    connection: BundleConnection,
    ask: (limits: { patienceMs: number; signal: AbortSignal }) => Promise<OfferedBundle>,
  ): Promise<OfferedBundle> {
    const { signal } = connection.abort;
    const began = performance.now();
    this.prepareBundles();
    try {
      await this.#process.untilUp({ patienceMs: PATIENCE_MS, signal });
      connection.isBegun = true;
      return await ask({ patienceMs: PATIENCE_MS - (performance.now() - began), signal });
    } catch (error) {
      if (error instanceof RequestError && error.fault === 'refused') throw this.#refused(bundle, error);
      this.#end(bundle);
      throw error instanceof RequestError ? notInTime() : error;
    }
  }

  #onMessage(message: FromBundles): void {
    const { events, log } = this.#options;
    switch (message.type) {
      case 'inlet':
        this.#feeds.get(message.camera)?.feed.close();
        this.#feeds.set(message.camera, {
          port: message.port,
          feed: this.#options.feed(message.camera, message.port),
        });
        break;
      case 'inlet-closed':
        if (this.#feeds.get(message.camera)?.port === message.port) this.#closeFeed(message.camera);
        break;
      case 'keyframe-wanted':
        this.#options.keyframeWanted(message.camera);
        break;
      case 'connected':
        for (const session of this.#connections.sessionsOf(message.bundle)) events.sessionConnected(session);
        break;
      case 'sending':
        for (const session of this.#connections.sessionsOf(message.bundle)) events.sessionSending(session);
        break;
      case 'stats':
        for (const session of this.#connections.sessionsOf(message.bundle))
          events.sessionMeasured(session, message.stats);
        break;
      case 'ended':
        this.#over(message.bundle, message.reason as EndReason, message.detail);
        break;
      case 'log':
        log[levelOf(message.level)](message.fields, message.event);
        break;
      default:
        log.error({ type: message.type }, 'message of the process for connections makes no sense from it');
    }
  }

  /** The process could not make a connection, and has ended it by itself. @returns what whoever asked is told */
  #refused(bundle: string, { code, message: detail, remedy }: RequestError): Failure {
    const isFull = code === 'overloaded';
    this.#options.log[isFull ? 'warn' : 'error']({ bundle, detail }, 'a connection of several cameras failed');
    this.#over(bundle, 'sending-failed', detail);
    return isFull
      ? new Failure('overloaded', detail, { remedy: remedy ?? undefined, retryAfter: 2 })
      : new Failure('internal', detail);
  }

  /** The process has ended it, or has died. */
  #over(bundle: string, reason: EndReason, detail: string | null): void {
    const connection = this.#connections.get(bundle);
    this.#connections.delete(bundle);
    connection?.abort.abort(new Failure('internal', detail ?? reason));
    for (const session of connection?.parts.keys() ?? []) this.#options.events.sessionEnded(session, reason, detail);
  }

  #end(bundle: string): void {
    const connection = this.#connections.get(bundle);
    if (!connection) return;
    this.#connections.delete(bundle);
    if (connection.isBegun) this.#process.send({ type: 'leave', bundle });
    connection.abort.abort(endedEarly());
  }

  #closeFeed(camera: string): void {
    this.#feeds.get(camera)?.feed.close();
    this.#feeds.delete(camera);
  }

  #onExit({ reason, next, restartInMs }: Exit): void {
    for (const camera of [...this.#feeds.keys()]) this.#closeFeed(camera);
    if (next === 'closed') return;
    this.#options.log.error({ reason, restartInMs }, 'the process for connections of several cameras died');
    // The others wait for the next process.
    for (const [bundle, { isBegun }] of [...this.#connections]) if (isBegun) this.#over(bundle, 'worker-died', reason);
  }
}

const notInTime = (): Failure => new Failure('camera-starting', 'There was no answer in time.', { retryAfter: 2 });
