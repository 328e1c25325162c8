import { randomBytes } from 'node:crypto';
import type { IceCredentials } from '../protocol/ice-credentials.js';
import type { Session } from './contract.js';
import { Failure } from './failure.js';

/** An active session, with what only this server and its peer know. */
export interface Entry {
  readonly session: Session;
  /** In the session's URL: grants the right to change and end it. */
  readonly secret: string;
  /** Identifies the ICE session to the peer. */
  readonly iceSession: string;
  /** Of the peer's offer. */
  readonly credentials: readonly IceCredentials[];
  /** Of the request that created it; see SessionRequest. */
  readonly requestId: string;
  /** By performance.now(): a robot's wall clock jumps when it synchronises. */
  readonly beganAt: number;
  /** Number that the peer has sent after the offer. */
  candidates: number;
}

const ENDED_KEPT = 200;
const SECRET_BYTES = 24;
const ICE_SESSION_BYTES = 12;

/** The active sessions and the last ended ones. It only stores them: see SessionLifecycle for their states. */
export class SessionStore {
  readonly #active = new Map<string, Entry>();
  readonly #bySecret = new Map<string, Entry>();
  readonly #ended: Session[] = [];
  #count = 0;

  add(
    properties: Pick<Session, 'camera' | 'protocol' | 'client'>,
    { credentials, requestId }: Pick<Entry, 'credentials' | 'requestId'>,
  ): Entry {
    const session: Session = {
      id: `s-${(++this.#count).toString(36)}`,
      ...properties,
      state: 'connecting',
      createdAt: new Date().toISOString(),
      connectedAt: null,
      stats: null,
      ended: null,
    };
    const entry: Entry = {
      session,
      secret: randomBytes(SECRET_BYTES).toString('base64url'),
      iceSession: randomBytes(ICE_SESSION_BYTES).toString('base64url'),
      credentials,
      requestId,
      beganAt: performance.now(),
      candidates: 0,
    };
    this.#active.set(session.id, entry);
    this.#bySecret.set(entry.secret, entry);
    return entry;
  }

  remove({ session, secret }: Entry): void {
    this.#active.delete(session.id);
    this.#bySecret.delete(secret);
  }

  keepEnded(session: Session): void {
    this.#ended.push(session);
    if (this.#ended.length > ENDED_KEPT) this.#ended.shift();
  }

  active(): Entry[] {
    return [...this.#active.values()];
  }

  find(id: string): Entry | undefined {
    return this.#active.get(id);
  }

  /** @throws Failure unknown-session, also if the secret belongs to another camera or protocol */
  bySecret({ protocol, camera, secret }: { protocol: Session['protocol']; camera: string; secret: string }): Entry {
    const entry = this.#bySecret.get(secret);
    if (entry?.session.camera !== camera || entry.session.protocol !== protocol)
      throw new Failure('unknown-session', 'There is no such session; it may have ended.');
    return entry;
  }

  /** @throws Failure unknown-session, also for a camera that is not visible to the client */
  get(id: string, visible: (camera: string) => boolean = () => true): Session {
    const session = this.#active.get(id)?.session ?? this.#ended.find(ended => ended.id === id);
    if (!session || !visible(session.camera))
      throw new Failure('unknown-session', `There is no session "${id.slice(0, 63)}".`, {
        remedy: 'GET /api/v1/sessions lists them.',
      });
    return session;
  }

  list(state: 'active' | 'ended' | 'all', camera?: string): Session[] {
    const active = this.active().map(entry => entry.session);
    const all = state === 'active' ? active : state === 'ended' ? this.#ended : [...this.#ended, ...active];
    return camera === undefined ? [...all] : all.filter(session => session.camera === camera);
  }

  viewersOf(camera: string): number {
    return this.active().filter(({ session }) => session.camera === camera && isViewer(session)).length;
  }

  publisherOf(camera: string): Entry | undefined {
    return this.active().find(({ session }) => session.camera === camera && session.protocol === 'whip');
  }
}

/** Whether it is a viewer's. */
export const isViewer = ({ protocol }: Pick<Session, 'protocol'>): boolean =>
  protocol === 'whep' || protocol === 'legacy';
