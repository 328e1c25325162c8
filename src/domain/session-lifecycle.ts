import type { EndReason, Session } from './contract.js';
import type { EventBus } from './events.js';
import type { Log } from './log.js';
import type { MediaEngine } from './media-engine.js';
import { type Entry, isViewer, type SessionStore } from './session-store.js';

export interface SessionLifecycleOptions {
  store: SessionStore;
  engine: Pick<MediaEngine, 'leave'>;
  events: EventBus;
  log: Log;
}

/** The states of a session from its answer to its named end, with the log line and the event of each transition. */
export class SessionLifecycle {
  readonly #store: SessionStore;
  readonly #engine: Pick<MediaEngine, 'leave'>;
  readonly #events: EventBus;
  readonly #log: Log;

  constructor({ store, engine, events, log }: SessionLifecycleOptions) {
    this.#store = store;
    this.#engine = engine;
    this.#events = events;
    this.#log = log;
  }

  answered({ session, requestId, beganAt }: Entry): void {
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

  /** Ends a session; the second time nothing happens. */
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
    this.viewersChanged(entry);
    this.#events.emit('sessionEnded', { session });
  }

  /** A session was added to the store or removed from it. */
  viewersChanged({ session }: Pick<Entry, 'session'>): void {
    const { camera } = session;
    if (isViewer(session)) this.#events.emit('viewersChanged', { camera, viewers: this.#store.viewersOf(camera) });
  }
}
