import { randomBytes } from 'node:crypto';
import type { IceCredentials } from '../protocol/ice-credentials.js';
import type { Session } from './contract.js';
import { Failure } from './failure.js';

/** A session that goes on, and what only this server and its peer know of it. */
export interface Entry {
  readonly session: Session;
  /** In the session's URL: the right to change and to end it. */
  readonly secret: string;
  /** Names the session's ICE session to its peer. */
  readonly iceSession: string;
  /** Of the peer's offer. */
  readonly credentials: readonly IceCredentials[];
  /** Of the request that made it; see SessionRequest. */
  readonly requestId: string;
  /** Of performance.now(): a robot's clock jumps when it finds the time. */
  readonly beganAt: number;
  /** How many its peer has sent after the offer. */
  candidates: number;
}

const ENDED_KEPT = 200;
const SECRET_BYTES = 24;
const ICE_SESSION_BYTES = 12;

/** The sessions that go on, and the last of those that ended. It only keeps them: see Sessions for their life. */
export class SessionStore {
  readonly #active = new Map<string, Entry>();
  readonly #bySecret = new Map<string, Entry>();
  readonly #ended: Session[] = [];
  #count = 0;

  add(
    made: Pick<Session, 'camera' | 'protocol' | 'client'>,
    { credentials, requestId }: Pick<Entry, 'credentials' | 'requestId'>,
  ): Entry {
    const session: Session = {
      id: `s-${(++this.#count).toString(36)}`,
      ...made,
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

  /** @throws Failure unknown-session, also where the secret is one of another camera or protocol */
  bySecret({ protocol, camera, secret }: { protocol: Session['protocol']; camera: string; secret: string }): Entry {
    const entry = this.#bySecret.get(secret);
    if (entry?.session.camera !== camera || entry.session.protocol !== protocol)
      throw new Failure('unknown-session', 'There is no such session; it may have ended.');
    return entry;
  }

  /** @throws Failure unknown-session, also of a camera that is not visible to whoever asks */
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

/** Whether it is of somebody who watches. */
export const isViewer = ({ protocol }: Pick<Session, 'protocol'>): boolean =>
  protocol === 'whep' || protocol === 'legacy';
