import type { IceCredentials } from '../protocol/ice-credentials.js';
import type { Offer } from '../protocol/offer.js';
import { candidatesFor, type SdpFragment } from '../protocol/sdp-fragment.js';
import type { EndReason, Session } from './contract.js';
import type { EventBus } from './events.js';
import { Failure } from './failure.js';
import type { Log } from './log.js';
import type { MediaEngine } from './media-engine.js';
import type { ConnectionCamera } from './multi-camera.js';
import { type Entry, isViewer, SessionStore } from './session-store.js';

export interface SessionRequest {
  camera: string;
  offer: Offer;
  /** All that the offer names: its sections may have a pair each, until they are bundled. */
  credentials: readonly IceCredentials[];
  client: Session['client'];
  /** Under which the log has the request, and from here on the session. */
  requestId: string;
  /** Aborts when whoever asked is gone before the answer. */
  signal: AbortSignal;
}

/** What a session's own URL is made of. */
export type SessionUrl = Parameters<SessionStore['bySecret']>[0];

export interface OpenedSession {
  session: Session;
  secret: string;
  iceSession: string;
  answer: string;
}

/** What several sessions that share a connection begin with. */
export interface SharedRequest {
  /** One session for each, but for those that have as many viewers as they may. */
  cameras: readonly string[];
  protocol: 'legacy' | 'legacy-sender';
  client: Session['client'];
  /** Of the request that began it, for the log. */
  requestId: string;
  /** Aborts when whoever asked wants them no more. */
  signal: AbortSignal;
}

export interface SharedSessions<T> {
  sessions: readonly Session[];
  /** What `join` brought. */
  joined: T;
}

export interface SessionsOptions {
  engine: MediaEngine;
  events: EventBus;
  log: Log;
  /** Of one camera; read for each, as it may change. */
  readonly maxViewers: number;
}

/** Of one session, after its offer: Chrome sends some twenty on a machine with many interfaces. */
const MAX_CANDIDATES = 200;

/**
 * The sessions of all cameras, from the offer to the named end: those of viewers (WHEP), of whoever publishes a
 * camera (WHIP), and likewise of the first system's receivers and senders. An id is public (logs, API); the secret is in the URL that only the peer gets, and is the right to
 * change and to end it.
 */
export class Sessions {
  readonly #engine: MediaEngine;
  readonly #events: EventBus;
  readonly #log: Log;
  readonly #limits: Pick<SessionsOptions, 'maxViewers'>;
  readonly #store = new SessionStore();
  #closing = false;

  constructor(options: SessionsOptions) {
    const { engine, events, log } = options;
    this.#engine = engine;
    this.#events = events;
    this.#log = log;
    this.#limits = options;
  }

  /** @throws Failure, OfferError */
  async watch(request: SessionRequest): Promise<OpenedSession> {
    const { camera, offer } = request;
    this.#checkOpen(request);
    if (!this.#hasRoom(camera)) throw this.#tooManyViewers(camera);
    const { requestId } = request;
    return await this.#open('whep', request, session => this.#engine.watch(camera, session, offer, requestId));
  }

  /**
   * Opens the session of a camera's one publisher. Whoever publishes it already is ended first if `takeover` is asked
   * for, so that the engine is told of the two in that order; not for an offer that will come to nothing.
   * @throws Failure, OfferError
   */
  async publish(request: SessionRequest, { takeover }: { takeover: boolean }): Promise<OpenedSession> {
    const { camera, offer } = request;
    this.#checkOpen(request);
    const publisher = this.#store.publisherOf(camera)?.session;
    if (publisher && !takeover) {
      throw new Failure('already-published', `Camera "${camera}" is published by session "${publisher.id}".`, {
        remedy: 'End that session, or take over with the query ?takeover=true.',
        retryAfter: 5,
      });
    }
    if (publisher) {
      this.#engine.checkPublisher(camera, offer);
      this.end(publisher.id, 'takeover', null);
    }
    const { requestId } = request;
    return await this.#open('whip', request, session => this.#engine.publish(camera, session, offer, requestId));
  }

  /**
   * Opens sessions of several cameras that share one connection; when one of them ends, the others go on.
   * @param join makes the connection
   * @throws Failure, OfferError
   */
  async share<T>(
    { cameras, protocol, client, requestId, signal }: SharedRequest,
    join: (parts: readonly ConnectionCamera[]) => Promise<T>,
  ): Promise<SharedSessions<T>> {
    this.#checkOpen({ signal });
    const free = cameras.filter(camera => protocol === 'legacy-sender' || this.#hasRoom(camera));
    const [first] = cameras;
    if (free.length === 0 && first !== undefined) throw this.#tooManyViewers(first);
    const entries = free.map(camera => this.#store.add({ camera, protocol, client }, { credentials: [], requestId }));
    for (const entry of entries) this.#viewersChanged(entry);
    const onAbort = (): void => {
      for (const { session } of entries) this.end(session.id, 'request-aborted', null);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const joined = await join(entries.map(({ session: { id, camera } }) => ({ session: id, camera })));
      const opened = entries.filter(({ session }) => session.ended === null);
      const [ended] = entries.flatMap(({ session }) => session.ended ?? []);
      if (opened.length === 0 && ended) throw endedEarly(ended);
      for (const entry of opened) this.#opened(entry);
      const sessions = opened.map(({ session }) => session);
      return { sessions, joined };
    } catch (error) {
      for (const entry of entries) {
        const { id, camera, ended } = entry.session;
        if (ended) continue;
        this.#store.remove(entry);
        this.#engine.leave(camera, id);
        this.#viewersChanged(entry);
      }
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #hasRoom(camera: string): boolean {
    return this.viewersOf(camera) < this.#limits.maxViewers;
  }

  #tooManyViewers(camera: string): Failure {
    const { maxViewers } = this.#limits;
    return new Failure('too-many-viewers', `Camera "${camera}" has ${maxViewers} viewers, which is the limit.`, {
      remedy: 'Close a viewer, or raise limits.viewers in the configuration.',
      retryAfter: 5,
    });
  }

  #checkOpen({ signal }: Pick<SessionRequest, 'signal'>): void {
    if (this.#closing) throw stopping();
    // Its abort has been and will not come again.
    if (signal.aborted) throw new Failure('camera-unavailable', 'Whoever asked is gone.');
  }

  // Nothing is awaited before the session is in the store: of two that ask at the same time, one sees the other.
  async #open(
    protocol: Session['protocol'],
    { camera, credentials, client, requestId, signal }: SessionRequest,
    join: (session: string) => Promise<string>,
  ): Promise<OpenedSession> {
    const entry = this.#store.add({ camera, protocol, client }, { credentials, requestId });
    this.#viewersChanged(entry);
    const { session, secret, iceSession } = entry;
    const onAbort = (): void => this.end(session.id, 'request-aborted', null);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const answer = await join(session.id);
      if (session.ended) throw endedEarly(session.ended);
      this.#opened(entry);
      return { session, secret, iceSession, answer };
    } catch (error) {
      if (session.ended?.reason === 'shutdown') throw stopping();
      if (session.ended) throw session.ended.reason === 'takeover' ? endedEarly(session.ended) : error;
      // It never began: there is an error for whoever asked, and no session to tell of.
      this.#store.remove(entry);
      this.#viewersChanged(entry);
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #opened({ session, requestId, beganAt }: Entry): void {
    const { id, camera, protocol, client } = session;
    const { address, userAgent } = client;
    this.#log.info({ session: id, request: requestId, camera, protocol, address, userAgent }, 'session answered');
    this.#events.emit('sessionOpened', { session, afterMs: performance.now() - beganAt });
  }

  connected(id: string): void {
    const entry = this.#store.find(id);
    if (!entry) return;
    const { session, requestId, beganAt } = entry;
    session.state = 'connected';
    session.connectedAt = new Date().toISOString();
    this.#log.info(
      { session: id, request: requestId, camera: session.camera, afterMs: Math.round(performance.now() - beganAt) },
      'session connected',
    );
    this.#events.emit('sessionConnected', { session });
  }

  /** A viewer was sent its first packet. */
  sending(id: string): void {
    const entry = this.#store.find(id);
    if (!entry) return;
    const { session, beganAt } = entry;
    this.#events.emit('sessionSending', { session, afterMs: performance.now() - beganAt });
  }

  measured(id: string, stats: NonNullable<Session['stats']>): void {
    const session = this.#store.find(id)?.session;
    if (session) session.stats = stats;
  }

  /** What names the ICE session behind a session's own URL. @throws Failure unknown-session */
  iceSessionOf(url: SessionUrl): string {
    return this.#store.bySecret(url).iceSession;
  }

  /** The public id of the session behind its own URL. @throws Failure unknown-session */
  idOf(url: SessionUrl): string {
    return this.#store.bySecret(url).session.id;
  }

  /**
   * Passes the peer's further candidates on.
   * @throws Failure unknown-session; ice-restart-unsupported, and the session goes on
   */
  trickle(url: SessionUrl, fragment: SdpFragment): void {
    const entry = this.#store.bySecret(url);
    const { id, camera } = entry.session;
    const candidates = candidatesFor(fragment, entry.credentials);
    if (candidates === null)
      throw new Failure('ice-restart-unsupported', 'The fragment has other ICE credentials than the offer had.', {
        remedy: 'ICE cannot be restarted here: make a new session, then end this one, which goes on until then.',
      });
    const taken = candidates.slice(0, MAX_CANDIDATES - entry.candidates);
    entry.candidates += taken.length;
    if (taken.length < candidates.length)
      this.#log.warn({ session: id, request: entry.requestId, camera, taken: entry.candidates }, 'too many candidates');
    if (taken.length > 0) this.#engine.trickle(camera, id, taken);
  }

  /** Ends a session, whoever wants it; the second time nothing happens. */
  end(id: string, reason: EndReason, detail: string | null): void {
    const entry = this.#store.find(id);
    if (!entry) return;
    const { session, requestId, beganAt } = entry;
    this.#store.remove(entry);
    session.state = 'ended';
    session.ended = { at: new Date().toISOString(), reason, detail };
    this.#store.keepEnded(session);
    this.#engine.leave(session.camera, id);
    const seconds = Math.round((performance.now() - beganAt) / 100) / 10;
    this.#log.info(
      { session: id, request: requestId, camera: session.camera, reason, detail, seconds },
      'session ended',
    );
    this.#viewersChanged(entry);
    this.#events.emit('sessionEnded', { session });
  }

  /** Ends the session that a peer's own URL names. @throws Failure unknown-session */
  endByUrl(url: SessionUrl): void {
    this.end(this.idOf(url), 'client-delete', null);
  }

  /**
   * @param visible the cameras whose sessions whoever asks may see
   * @throws Failure unknown-session
   */
  get(id: string, visible?: (camera: string) => boolean): Session {
    return this.#store.get(id, visible);
  }

  /** @throws Failure unknown-session, also for one that has ended */
  endById(id: string): void {
    const session = this.get(id);
    if (session.ended)
      throw new Failure('unknown-session', `Session "${session.id}" has ended: ${session.ended.reason}.`);
    this.end(id, 'api-delete', null);
  }

  list(state: 'active' | 'ended' | 'all', camera?: string): Session[] {
    return this.#store.list(state, camera);
  }

  viewersOf(camera: string): number {
    return this.#store.viewersOf(camera);
  }

  /** Ends those of one camera. */
  endAll(camera: string, reason: EndReason, detail: string | null): void {
    for (const { session } of this.#store.active()) if (session.camera === camera) this.end(session.id, reason, detail);
  }

  /** Ends all; from now on none is opened. */
  close(): void {
    this.#closing = true;
    for (const { session } of this.#store.active()) this.end(session.id, 'shutdown', null);
  }

  #viewersChanged({ session }: Entry): void {
    const { camera } = session;
    if (isViewer(session)) this.#events.emit('viewersChanged', { camera, viewers: this.viewersOf(camera) });
  }
}

const stopping = (): Failure => new Failure('shutting-down', 'The server is being stopped.', { retryAfter: 5 });

function endedEarly({ reason, detail }: NonNullable<Session['ended']>): Failure {
  return reason === 'takeover'
    ? new Failure('already-published', 'Another publisher took over before this one was answered.')
    : new Failure('camera-unavailable', `The session ended before it was answered: ${detail ?? reason}.`, {
        retryAfter: 1,
      });
}
