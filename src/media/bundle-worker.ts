import type { EndReason } from '../domain/contract.js';
import { Failure } from '../domain/failure.js';
import type {
  BundlePart,
  Bundles,
  IceAgentSettings,
  Log,
  MediaEvents,
  OfferedBundle,
  ProcessMeasures,
  SessionFreshness,
} from '../domain/ports.js';
import type { FromBundles, FromBundlesOf, ToBundles } from '../messages/bundles.js';
import type { ChildProcess } from '../process/child-process.js';
import { processFigures } from '../process/proc.js';
import { answerForWebrtcbin } from '../protocol/answer-for-webrtcbin.js';
import { composeBundleOffer } from '../protocol/bundle-offer.js';
import { candidatesOf } from '../protocol/candidates.js';
import type { Offer } from '../protocol/offer.js';
import { offerOfCameras } from '../protocol/sdp-for-webrtcbin.js';
import type { Feed } from './feed.js';
import { endedEarly, withCandidates } from './negotiation.js';
import { WorkerLooks } from './worker-looks.js';
import { startBundles } from './worker-process.js';

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

interface Connection {
  /** Those that go on, by their sessions. */
  parts: Map<string, string>;
  /** What webrtcbin offered, which the peer's answer is an answer to. */
  offered: string;
  mids: readonly string[];
}

interface Waiting {
  resolve(sdp: string): void;
  reject(failure: Failure): void;
}

type Process = ChildProcess<ToBundles, FromBundles>;

/** GStreamer's first session takes a second on a slow machine, gathering a quarter of one. */
const PATIENCE_MS = 6_000;

/**
 * The parent's side of the process in which cameras meet in one connection (docs/adr/0009). It is started when it is
 * needed; if it dies, the sessions of all its connections end with `worker-died`.
 */
export class BundleWorker implements Bundles {
  readonly #options: BundleWorkerOptions;
  readonly #connections = new Map<string, Connection>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #feeds = new Map<string, { port: number; feed: Feed }>();
  /** Ports that cameras of source `legacy` are to be sent to. */
  readonly #wanted = new Map<string, number>();
  readonly #looks = new WorkerLooks();
  #process: Process | null = null;
  #closed = false;

  constructor(options: BundleWorkerOptions) {
    this.#options = options;
  }

  prepareBundles(): void {
    if (!this.#closed) this.#process ??= this.#start();
  }

  async offerBundle(bundle: string, parts: readonly BundlePart[], mids: readonly string[]): Promise<OfferedBundle> {
    const ice = this.#options.iceSettings();
    const cameras = parts.map(({ camera }) => camera);
    const connection = this.#add(bundle, parts, mids);
    return await this.#orEnd(bundle, async () => {
      connection.offered = await this.#ask(bundle, { type: 'offer', bundle, cameras, ice });
      const candidates = candidatesOf(connection.offered, ice.announce);
      const offered = cameras.map((camera, index) => ({
        camera,
        mid: mids[index] ?? '',
        profileLevelId: this.#options.profileLevelId(camera),
      }));
      return { sdp: composeBundleOffer(connection.offered, offered, candidates), candidates };
    });
  }

  acceptBundle(bundle: string, answer: string): void {
    const connection = this.#connections.get(bundle);
    if (!connection) return;
    const { offered, mids } = connection;
    const own = answerForWebrtcbin(answer, offered, { name: 'receiver', direction: 'recvonly', mids });
    this.#send({ type: 'accept', bundle, answer: own });
  }

  async receiveBundle(bundle: string, parts: readonly BundlePart[], offer: Offer): Promise<OfferedBundle> {
    const ice = this.#options.iceSettings();
    const { text } = offerOfCameras(offer);
    const cameras = parts.map(({ camera }) => camera);
    this.#add(bundle, parts, []);
    return await this.#orEnd(bundle, async () => {
      const answer = await this.#ask(bundle, { type: 'receive', bundle, cameras, offer: text, ice });
      for (const camera of cameras) this.#route(camera);
      const candidates = candidatesOf(answer, ice.announce);
      return { sdp: withCandidates(answer, candidates), candidates };
    });
  }

  trickleBundle(bundle: string, candidates: readonly string[]): void {
    if (this.#connections.has(bundle) && candidates.length > 0)
      this.#send({ type: 'candidates', bundle, values: candidates });
  }

  /** Takes a session's camera out of its connection, which ends with its last. Nothing happens if it is not there. */
  leave(session: string): void {
    for (const [bundle, { parts }] of this.#connections) {
      const camera = parts.get(session);
      if (camera === undefined) continue;
      parts.delete(session);
      if (parts.size > 0) this.#send({ type: 'drop', bundle, camera });
      else this.#end(bundle, endedEarly());
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
    const bundle = this.#senderOf(camera);
    if (bundle !== undefined) this.#send({ type: 'keyframe', bundle, camera });
  }

  /** Has the process say what it knows now of its connections; see FreshnessWatch. */
  async look(patienceMs: number): Promise<void> {
    const process = this.#process;
    if (process && this.#connections.size > 0)
      await this.#looks.look(request => process.send({ type: 'look', request }), patienceMs);
  }

  /** Of the sessions of a camera, by what was said last. */
  freshness(camera: string): [session: string, SessionFreshness][] {
    const { sessions } = this.#looks.freshness(bundle => this.#connections.has(bundle));
    return [...sessions].flatMap(([bundle, fresh]) =>
      [...(this.#connections.get(bundle)?.parts ?? [])].flatMap(([session, whose]) =>
        whose === camera ? [[session, fresh] as [string, SessionFreshness]] : [],
      ),
    );
  }

  /** Null while it does not run. */
  async measure(): Promise<ProcessMeasures | null> {
    const process = this.#process;
    const figures = process?.pid === undefined ? null : await processFigures(process.pid);
    return figures && { ...figures, loopLagMs: null };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#process?.close();
  }

  #route(camera: string): void {
    const bundle = this.#senderOf(camera);
    if (bundle === undefined) return;
    const port = this.#wanted.get(camera);
    this.#send(port === undefined ? { type: 'no-outlet', bundle, camera } : { type: 'outlet', bundle, camera, port });
  }

  /** The connection that a camera comes by: its parts were not offered by this side. */
  #senderOf(camera: string): string | undefined {
    for (const [bundle, { mids, parts }] of this.#connections)
      if (mids.length === 0 && [...parts.values()].includes(camera)) return bundle;
    return undefined;
  }

  #add(bundle: string, parts: readonly BundlePart[], mids: readonly string[]): Connection {
    const connection = { parts: new Map(parts.map(({ session, camera }) => [session, camera])), offered: '', mids };
    this.#connections.set(bundle, connection);
    return connection;
  }

  async #ask(bundle: string, message: ToBundles): Promise<string> {
    this.prepareBundles();
    const said = new Promise<string>((resolve, reject) => this.#waiting.set(bundle, { resolve, reject }));
    said.catch(() => undefined);
    const timer = setTimeout(
      () => this.#end(bundle, new Failure('camera-starting', 'There was no answer in time.', { retryAfter: 2 })),
      PATIENCE_MS,
    );
    try {
      await this.#process?.ready.catch(() => undefined);
      // Whoever left meanwhile was told so.
      if (this.#waiting.has(bundle)) this.#send(message);
      return await said;
    } finally {
      clearTimeout(timer);
    }
  }

  /** A connection that does not come about is not left behind in the process, where nothing would ever end it. */
  async #orEnd<T>(bundle: string, negotiate: () => Promise<T>): Promise<T> {
    try {
      return await negotiate();
    } catch (error) {
      this.#end(bundle, endedEarly());
      throw error;
    }
  }

  #start(): Process {
    const process = startBundles({ log: this.#options.log, onMessage: message => this.#onMessage(message) });
    process.ready.catch(() => undefined);
    void process.exited.then(reason => this.#onExit(reason));
    return process;
  }

  #send(message: ToBundles): void {
    this.#process?.send(message);
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
      case 'offered':
        this.#settle(message.bundle, ({ resolve }) => resolve(message.offer));
        break;
      case 'answered':
        this.#settle(message.bundle, ({ resolve }) => resolve(message.answer));
        break;
      case 'refused':
        this.#onRefused(message);
        break;
      case 'connected':
        for (const session of this.#sessionsOf(message.bundle)) events.sessionConnected(session);
        break;
      case 'sending':
        for (const session of this.#sessionsOf(message.bundle)) events.sessionSending(session);
        break;
      case 'stats':
        for (const session of this.#sessionsOf(message.bundle)) events.sessionMeasured(session, message.stats);
        break;
      case 'looked':
        this.#looks.looked({ ...message, newestAt: null });
        break;
      case 'ended':
        this.#over(message.bundle, message.reason as EndReason, message.detail);
        break;
      case 'log':
        log[message.level === 'error' ? 'error' : 'info'](message.fields, message.event);
        break;
      default:
        log.error({ type: message.type }, 'message of the process for connections makes no sense from it');
    }
  }

  #sessionsOf(bundle: string): string[] {
    return [...(this.#connections.get(bundle)?.parts.keys() ?? [])];
  }

  #settle(bundle: string, how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(bundle);
    this.#waiting.delete(bundle);
    if (waiting) how(waiting);
  }

  #onRefused({ bundle, code, detail, remedy }: FromBundlesOf<'refused'>): void {
    const isFull = code === 'overloaded';
    this.#options.log[isFull ? 'warn' : 'error']({ bundle, detail }, 'a connection of several cameras failed');
    const failure = isFull
      ? new Failure(code, detail, { remedy: remedy ?? undefined, retryAfter: 2 })
      : new Failure('internal', detail);
    this.#over(bundle, 'sending-failed', detail, failure);
  }

  /** The process has ended it by itself; `failure` is for whoever still waits for its answer. */
  #over(bundle: string, reason: EndReason, detail: string | null, failure?: Failure): void {
    const sessions = this.#sessionsOf(bundle);
    this.#connections.delete(bundle);
    this.#settle(bundle, ({ reject }) => reject(failure ?? new Failure('internal', detail ?? reason)));
    for (const session of sessions) this.#options.events.sessionEnded(session, reason, detail);
  }

  #end(bundle: string, failure: Failure): void {
    if (this.#connections.delete(bundle)) this.#send({ type: 'leave', bundle });
    this.#settle(bundle, ({ reject }) => reject(failure));
  }

  #closeFeed(camera: string): void {
    this.#feeds.get(camera)?.feed.close();
    this.#feeds.delete(camera);
  }

  #onExit(reason: string): void {
    this.#process = null;
    for (const camera of [...this.#feeds.keys()]) this.#closeFeed(camera);
    if (this.#closed) return;
    this.#options.log.error({ reason }, 'the process for connections of several cameras died');
    for (const bundle of [...this.#connections.keys()]) this.#over(bundle, 'worker-died', reason);
  }
}
