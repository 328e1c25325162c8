import { randomBytes } from 'node:crypto';
import type { Offer } from '../protocol/offer.js';
import type { EndReason, Session } from './contract.js';
import { Failure } from './failure.js';
import type { Log, MediaEngine } from './ports.js';

export interface SessionRequest {
  camera: string;
  offer: Offer;
  client: Session['client'];
  /** Aborts when whoever asked is gone before the answer. */
  signal: AbortSignal;
}

interface Entry {
  session: Session;
  secret: string;
}

const ENDED_KEPT = 200;
const SECRET_BYTES = 24;

/**
 * The sessions of all cameras, from the offer to the named end. An id is public (logs, API); the secret is in the URL
 * that only the viewer gets, and is the right to end it.
 */
export class Sessions {
  readonly #engine: MediaEngine;
  readonly #log: Log;
  readonly #maxViewers: number;
  readonly #active = new Map<string, Entry>();
  readonly #bySecret = new Map<string, Entry>();
  readonly #ended: Session[] = [];
  #count = 0;
  #closing = false;

  constructor(engine: MediaEngine, log: Log, maxViewers: number) {
    this.#engine = engine;
    this.#log = log;
    this.#maxViewers = maxViewers;
  }

  /** @throws Failure */
  async open({
    camera,
    offer,
    client,
    signal,
  }: SessionRequest): Promise<{ session: Session; secret: string; answer: string }> {
    if (this.#closing) throw new Failure('shutting-down', 'The server is being stopped.', { retryAfter: 5 });
    // Its abort has been and will not come again.
    if (signal.aborted) throw new Failure('camera-unavailable', 'Whoever asked is gone.');
    if (this.viewersOf(camera) >= this.#maxViewers) {
      throw new Failure('too-many-viewers', `Camera "${camera}" has ${this.#maxViewers} viewers, which is the limit.`, {
        remedy: 'Close a viewer, or raise limits.viewers in the configuration.',
        retryAfter: 5,
      });
    }
    const entry = this.#add(camera, client);
    const { session } = entry;
    const onAbort = (): void => this.end(session.id, 'request-aborted', null);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const answer = await this.#engine.watch(camera, session.id, offer);
      if (session.ended)
        throw new Failure(
          'camera-unavailable',
          `The session ended before it was answered: ${session.ended.detail ?? session.ended.reason}.`,
          { retryAfter: 1 },
        );
      this.#log.info(
        { session: session.id, camera, address: client.address, userAgent: client.userAgent },
        'session answered',
      );
      return { session, secret: entry.secret, answer };
    } catch (error) {
      // It never began: there is an error for whoever asked, and no session to tell of.
      this.#remove(entry);
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  connected(id: string): void {
    const session = this.#active.get(id)?.session;
    if (!session) return;
    session.state = 'connected';
    session.connectedAt = new Date().toISOString();
    this.#log.info(
      { session: id, camera: session.camera, afterMs: Date.parse(session.connectedAt) - Date.parse(session.createdAt) },
      'session connected',
    );
  }

  measured(id: string, stats: NonNullable<Session['stats']>): void {
    const session = this.#active.get(id)?.session;
    if (session) session.stats = stats;
  }

  /** Ends a session, whoever wants it; the second time nothing happens. */
  end(id: string, reason: EndReason, detail: string | null): void {
    const entry = this.#active.get(id);
    if (!entry) return;
    const { session } = entry;
    this.#remove(entry);
    session.state = 'ended';
    session.ended = { at: new Date().toISOString(), reason, detail };
    this.#ended.push(session);
    if (this.#ended.length > ENDED_KEPT) this.#ended.shift();
    this.#engine.leave(session.camera, id);
    this.#log.info(
      {
        session: id,
        camera: session.camera,
        reason,
        detail,
        seconds: Math.round((Date.now() - Date.parse(session.createdAt)) / 100) / 10,
      },
      'session ended',
    );
  }

  /** Ends the session that a viewer's own URL names. @throws Failure unknown-session */
  endBySecret(camera: string, secret: string, reason: EndReason): void {
    const entry = this.#bySecret.get(secret);
    if (entry?.session.camera !== camera)
      throw new Failure('unknown-session', 'There is no such session; it may have ended.');
    this.end(entry.session.id, reason, null);
  }

  /**
   * @param visible the cameras whose sessions whoever asks may see
   * @throws Failure unknown-session
   */
  get(id: string, visible: (camera: string) => boolean = () => true): Session {
    const session = this.#active.get(id)?.session ?? this.#ended.find(ended => ended.id === id);
    if (!session || !visible(session.camera))
      throw new Failure('unknown-session', `There is no session "${id.slice(0, 63)}".`, {
        remedy: 'GET /api/v1/sessions lists them.',
      });
    return session;
  }

  /** @throws Failure unknown-session, also for one that has ended */
  endById(id: string): void {
    const session = this.get(id);
    if (session.ended)
      throw new Failure('unknown-session', `Session "${session.id}" has ended: ${session.ended.reason}.`);
    this.end(id, 'api-delete', null);
  }

  list(state: 'active' | 'ended' | 'all', camera?: string): Session[] {
    const active = [...this.#active.values()].map(entry => entry.session);
    const all = state === 'active' ? active : state === 'ended' ? this.#ended : [...this.#ended, ...active];
    return camera === undefined ? [...all] : all.filter(session => session.camera === camera);
  }

  viewersOf(camera: string): number {
    let viewers = 0;
    for (const { session } of this.#active.values()) if (session.camera === camera) viewers++;
    return viewers;
  }

  /** Ends all; from now on none is opened. */
  close(): void {
    this.#closing = true;
    for (const id of [...this.#active.keys()]) this.end(id, 'shutdown', null);
  }

  #add(camera: string, client: Session['client']): Entry {
    const session: Session = {
      id: `s-${(++this.#count).toString(36)}`,
      camera,
      protocol: 'whep',
      state: 'connecting',
      createdAt: new Date().toISOString(),
      connectedAt: null,
      client,
      stats: null,
      ended: null,
    };
    const entry = { session, secret: randomBytes(SECRET_BYTES).toString('base64url') };
    this.#active.set(session.id, entry);
    this.#bySecret.set(entry.secret, entry);
    return entry;
  }

  #remove({ session, secret }: Entry): void {
    this.#active.delete(session.id);
    this.#bySecret.delete(secret);
  }
}
