import { candidatesFor, type SdpFragment } from '../protocol/sdp-fragment.js';
import type { EndReason, Session } from './contract.js';
import type { EventBus } from './events.js';
import { Failure } from './failure.js';
import type { Log } from './log.js';
import type { MediaEngine } from './media-engine.js';
import type { ConnectionCamera } from './multi-camera.js';
import { SessionLifecycle } from './session-lifecycle.js';
import {
  type OpenedSession,
  type SessionLimits,
  SessionOpening,
  type SessionRequest,
  type SharedRequest,
  type SharedSessions,
} from './session-opening.js';
import { SessionStore } from './session-store.js';

/** The parts of a session's own URL. */
export type SessionUrl = Parameters<SessionStore['bySecret']>[0];

export interface SessionsOptions extends SessionLimits {
  engine: MediaEngine;
  events: EventBus;
  log: Log;
}

/** Of one session, after its offer: Chrome sends about twenty on a machine with many interfaces. */
const MAX_CANDIDATES = 200;

/**
 * The sessions of all cameras, from the offer to the named end: of viewers (WHEP), of publishers (WHIP), and of legacy
 * receivers and senders. An id is public (logs, API); the secret is in the URL that only the peer gets, and grants the
 * right to change and end the session.
 */
export class Sessions {
  readonly #engine: MediaEngine;
  readonly #log: Log;
  readonly #store = new SessionStore();
  readonly #lifecycle: SessionLifecycle;
  readonly #opening: SessionOpening;

  constructor(options: SessionsOptions) {
    const { engine, events, log } = options;
    const store = this.#store;
    this.#engine = engine;
    this.#log = log;
    this.#lifecycle = new SessionLifecycle({ store, engine, events, log });
    this.#opening = new SessionOpening({ store, lifecycle: this.#lifecycle, engine, limits: options });
  }

  /** @throws Failure, OfferError */
  async watch(request: SessionRequest): Promise<OpenedSession> {
    return await this.#opening.watch(request);
  }

  /** See SessionOpening. @throws Failure, OfferError */
  async publish(request: SessionRequest, options: { takeover: boolean }): Promise<OpenedSession> {
    return await this.#opening.publish(request, options);
  }

  /** See SessionOpening. @throws Failure, OfferError */
  async share<T>(
    request: SharedRequest,
    join: (parts: readonly ConnectionCamera[]) => Promise<T>,
  ): Promise<SharedSessions<T>> {
    return await this.#opening.share(request, join);
  }

  connected(id: string): void {
    this.#lifecycle.connected(id);
  }

  /** A viewer was sent its first packet. */
  sending(id: string): void {
    this.#lifecycle.sending(id);
  }

  measured(id: string, stats: NonNullable<Session['stats']>): void {
    this.#lifecycle.measured(id, stats);
  }

  /** Identifies the ICE session behind a session's own URL. @throws Failure unknown-session */
  iceSessionOf(url: SessionUrl): string {
    return this.#store.bySecret(url).iceSession;
  }

  /** The public id of the session behind its own URL. @throws Failure unknown-session */
  idOf(url: SessionUrl): string {
    return this.#store.bySecret(url).session.id;
  }

  /**
   * Forwards further candidates of the peer.
   * @throws Failure unknown-session; ice-restart-unsupported, and the session continues
   */
  trickle(url: SessionUrl, fragment: SdpFragment): void {
    const entry = this.#store.bySecret(url);
    const { id, camera } = entry.session;
    const candidates = candidatesFor(fragment, entry.credentials);
    if (candidates === null)
      throw new Failure(
        'ice-restart-unsupported',
        'The ICE credentials of the fragment differ from those of the offer.',
        {
          remedy: 'Create a new session, then end this one, which continues until then.',
        },
      );
    const taken = candidates.slice(0, MAX_CANDIDATES - entry.candidates);
    entry.candidates += taken.length;
    if (taken.length < candidates.length)
      this.#log.warn({ session: id, request: entry.requestId, camera, taken: entry.candidates }, 'too many candidates');
    if (taken.length > 0) this.#engine.trickle(camera, id, taken);
  }

  /** Ends a session; the second time nothing happens. */
  end(id: string, reason: EndReason, detail: string | null): void {
    this.#lifecycle.end(id, reason, detail);
  }

  /** Ends the session that a peer's own URL names. @throws Failure unknown-session */
  endByUrl(url: SessionUrl): void {
    this.end(this.idOf(url), 'client-delete', null);
  }

  /**
   * @param visible the cameras whose sessions the client may see
   * @throws Failure unknown-session
   */
  get(id: string, visible?: (camera: string) => boolean): Session {
    return this.#store.get(id, visible);
  }

  /** @throws Failure unknown-session, also for an ended session */
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

  /** Ends the sessions of one camera. */
  endAll(camera: string, reason: EndReason, detail: string | null): void {
    for (const { session } of this.#store.active()) if (session.camera === camera) this.end(session.id, reason, detail);
  }

  /** Ends all sessions; no further one is opened. */
  close(): void {
    this.#opening.close();
    for (const { session } of this.#store.active()) this.end(session.id, 'shutdown', null);
  }
}
