import type { IceCredentials } from '../protocol/ice-credentials.js';
import type { Offer } from '../protocol/offer.js';
import type { Session } from './contract.js';
import { Failure } from './failure.js';
import type { MediaEngine } from './media-engine.js';
import type { ConnectionCamera } from './multi-camera.js';
import type { SessionLifecycle } from './session-lifecycle.js';
import type { SessionStore } from './session-store.js';

export interface SessionRequest {
  camera: string;
  offer: Offer;
  /** All pairs in the offer: each section may have its own until they are bundled. */
  credentials: readonly IceCredentials[];
  client: Session['client'];
  /** Identifies the request in the log, and from here on the session. */
  requestId: string;
  /** Aborts when the client disconnects before the answer. */
  signal: AbortSignal;
}

export interface OpenedSession {
  session: Session;
  secret: string;
  iceSession: string;
  answer: string;
}

/** Requests several sessions that share a connection. */
export interface SharedRequest {
  /** One session for each, except those at their limit of viewers. */
  cameras: readonly string[];
  protocol: 'legacy' | 'legacy-sender';
  client: Session['client'];
  /** Identifies the request in the log. */
  requestId: string;
  /** Aborts when the client no longer wants them. */
  signal: AbortSignal;
}

export interface SharedSessions<T> {
  sessions: readonly Session[];
  /** The result of `join`. */
  joined: T;
}

/** Read for each session, as it may change. */
export interface SessionLimits {
  /** Of one camera. */
  readonly maxViewers: number;
}

export interface SessionOpeningOptions {
  store: SessionStore;
  lifecycle: SessionLifecycle;
  engine: MediaEngine;
  limits: SessionLimits;
}

/** Opens sessions, from the request to the answer: checks the limits, and undoes what fails or is aborted before. */
export class SessionOpening {
  readonly #store: SessionStore;
  readonly #lifecycle: SessionLifecycle;
  readonly #engine: MediaEngine;
  readonly #limits: SessionLimits;
  #closing = false;

  constructor({ store, lifecycle, engine, limits }: SessionOpeningOptions) {
    this.#store = store;
    this.#lifecycle = lifecycle;
    this.#engine = engine;
    this.#limits = limits;
  }

  /** @throws Failure, OfferError */
  async watch(request: SessionRequest): Promise<OpenedSession> {
    const { camera, offer } = request;
    this.#checkOpen(request);
    if (this.#isFull(camera)) throw this.#tooManyViewers(camera);
    const { requestId } = request;
    return await this.#open('whep', request, session => this.#engine.watch(camera, session, offer, requestId));
  }

  /**
   * Opens the session of a camera's one publisher. With `takeover`, the current publisher's session is ended first, so
   * that the engine sees the two in that order; not for an offer that the engine would refuse.
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
      this.#lifecycle.end(publisher.id, 'takeover', null);
    }
    const { requestId } = request;
    return await this.#open('whip', request, session => this.#engine.publish(camera, session, offer, requestId));
  }

  /**
   * Opens sessions of several cameras that share one connection; when one of them ends, the others continue.
   * @param join makes the connection
   * @throws Failure, OfferError
   */
  async share<T>(
    { cameras, protocol, client, requestId, signal }: SharedRequest,
    join: (parts: readonly ConnectionCamera[]) => Promise<T>,
  ): Promise<SharedSessions<T>> {
    this.#checkOpen({ signal });
    const free = cameras.filter(camera => protocol === 'legacy-sender' || !this.#isFull(camera));
    const [first] = cameras;
    if (free.length === 0 && first !== undefined) throw this.#tooManyViewers(first);
    const entries = free.map(camera => this.#store.add({ camera, protocol, client }, { credentials: [], requestId }));
    for (const entry of entries) this.#lifecycle.viewersChanged(entry);
    const onAbort = (): void => {
      for (const { session } of entries) this.#lifecycle.end(session.id, 'request-aborted', null);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const joined = await join(entries.map(({ session: { id, camera } }) => ({ session: id, camera })));
      const opened = entries.filter(({ session }) => session.ended === null);
      const [ended] = entries.flatMap(({ session }) => session.ended ?? []);
      if (opened.length === 0 && ended) throw endedEarly(ended);
      for (const entry of opened) this.#lifecycle.answered(entry);
      const sessions = opened.map(({ session }) => session);
      return { sessions, joined };
    } catch (error) {
      for (const entry of entries) {
        const { id, camera, ended } = entry.session;
        if (ended) continue;
        this.#store.remove(entry);
        this.#engine.leave(camera, id);
        this.#lifecycle.viewersChanged(entry);
      }
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #isFull(camera: string): boolean {
    return this.#store.viewersOf(camera) >= this.#limits.maxViewers;
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
    // A signal that is aborted already emits no further event.
    if (signal.aborted) throw new Failure('camera-unavailable', 'The client has disconnected.');
  }

  // Nothing is awaited before the session is in the store, so that of two concurrent requests one sees the other.
  async #open(
    protocol: Session['protocol'],
    { camera, credentials, client, requestId, signal }: SessionRequest,
    join: (session: string) => Promise<string>,
  ): Promise<OpenedSession> {
    const entry = this.#store.add({ camera, protocol, client }, { credentials, requestId });
    this.#lifecycle.viewersChanged(entry);
    const { session, secret, iceSession } = entry;
    const onAbort = (): void => this.#lifecycle.end(session.id, 'request-aborted', null);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const answer = await join(session.id);
      if (session.ended) throw endedEarly(session.ended);
      this.#lifecycle.answered(entry);
      return { session, secret, iceSession, answer };
    } catch (error) {
      if (session.ended?.reason === 'shutdown') throw stopping();
      if (session.ended) throw session.ended.reason === 'takeover' ? endedEarly(session.ended) : error;
      // It never started: the client gets the error, and there is no session to report.
      this.#store.remove(entry);
      this.#lifecycle.viewersChanged(entry);
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** No further session is opened. */
  close(): void {
    this.#closing = true;
  }
}

const stopping = (): Failure => new Failure('shutting-down', 'The server is shutting down.', { retryAfter: 5 });

function endedEarly({ reason, detail }: NonNullable<Session['ended']>): Failure {
  return reason === 'takeover'
    ? new Failure('already-published', 'Another publisher took over before this one was answered.')
    : new Failure('camera-unavailable', `The session ended before it was answered: ${detail ?? reason}.`, {
        retryAfter: 1,
      });
}
