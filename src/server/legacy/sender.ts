import type { EndReason } from '../../domain/contract.js';
import { Failure } from '../../domain/failure.js';
import type { Log } from '../../domain/log.js';
import type { MultiCameraConnections } from '../../domain/multi-camera.js';
import type { Sessions } from '../../domain/sessions.js';
import { CLOSE } from '../../domain/web-sockets.js';
import { OfferError, parseOffer } from '../../protocol/offer.js';
import { offerOfCameras } from '../../protocol/sdp-for-webrtcbin.js';
import type { LegacyClient } from './client.js';
import { LegacyConnection } from './connection.js';

export interface SenderOptions {
  /** What its cameras are called: `legacy-1`, and if there are more, `legacy-1-2`, … */
  name: string;
  sessions: Sessions;
  connections: MultiCameraConnections;
  /** Whether a client may send a camera. */
  maySend(client: LegacyClient, camera: string): boolean;
  /** How many cameras it may have. */
  room(): number;
  /** It has other cameras than before. */
  changed(): void;
  log: Log;
}

/** From HELLO to the offer: it opens its cameras first. */
const OFFER_MS = 10_000;
/** So long after an offer that nobody waited for yet somebody may come. */
const GRACE_MS = 10_000;

/**
 * An old sender's place: its cameras stay when it goes, and are its again when it comes back. It opens its cameras anew
 * at each HELLO, so that it is told so when somebody wants to see them, and not again while they come.
 */
export class LegacySender {
  readonly name: string;
  readonly #options: SenderOptions;
  readonly #wanted = new Set<string>();
  #client: LegacyClient | null = null;
  #address = '';
  #cameras = 1;
  #isProven = false;
  #hasOffered = false;
  #connection: LegacyConnection | null = null;
  /** Its offer was not asked for: if it is let go of, it may not offer again. */
  #isUnasked = false;
  #askedAt: number | null = null;
  #grace: NodeJS.Timeout | null = null;
  readonly #waiting = new Set<() => void>();

  constructor(options: SenderOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Ids of its cameras, in the order of its sections; of one that has not offered yet, one. */
  get cameras(): string[] {
    return this.#idsOf(this.#cameras);
  }

  /** Who it is; null while it is gone. */
  get client(): LegacyClient | null {
    return this.#client;
  }

  /** Of its last client. */
  get address(): string {
    return this.#address;
  }

  /** Whether it has ever said OK or offered. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** Whether it is known how many cameras it has. */
  get hasOffered(): boolean {
    return this.#hasOffered;
  }

  /** A client that is silent, or offers, takes the place. */
  take(client: LegacyClient, offers: boolean): void {
    this.#client = client;
    this.#address = client.info.address;
    this.#askedAt = null;
    if (this.#wanted.size > 0 && !offers) this.#ask();
  }

  /** Has it say OK, and its offer come, if it is a sender at all. */
  probe(): void {
    if (!this.#isProven && this.#askedAt === null) this.#ask();
  }

  /** Resolves when it has said OK, when it has offered, or when it is gone or out of time. */
  async until(what: 'ok' | 'offer', ms: number): Promise<void> {
    const isDone = (): boolean => this.#client === null || (what === 'ok' ? this.#isProven : this.#hasOffered);
    const end = performance.now() + ms;
    while (!isDone() && performance.now() < end) {
      const left = end - performance.now();
      await new Promise<void>(resolve => {
        const done = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, left);
        this.#waiting.add(done);
      });
    }
  }

  /** One of its cameras is open and waits for pictures, or is closed again. */
  want(camera: string, wanted: boolean): void {
    if (!wanted) {
      this.#wanted.delete(camera);
      if (this.#wanted.size === 0 && this.#grace === null && !this.#isUnasked) this.#hangUp('no-viewers');
      return;
    }
    this.#wanted.add(camera);
    const isAsked = this.#askedAt !== null && performance.now() - this.#askedAt < OFFER_MS;
    if (!this.#connection && !isAsked) this.#ask();
  }

  heardOk(): void {
    this.#isProven = true;
    this.#say();
  }

  async offer(sdp: string): Promise<void> {
    const { connections, log } = this.#options;
    const client = this.#client;
    if (!client) return;
    const connection = new LegacyConnection(this.#options);
    const isUnasked = this.#askedAt === null;
    this.#askedAt = null;
    this.#hangUp('renegotiated');
    this.#connection = connection;
    this.#isUnasked = isUnasked;
    try {
      const offer = parseOffer(sdp, 'publish');
      // Before anything becomes of it: each camera is a process.
      this.#check(offerOfCameras(offer).cameras, client);
      this.#isProven = true;
      this.#hasOffered = true;
      this.#setCameras(offer.video.length);
      this.#stay();
      this.#say();
      const answer = await connection.share(client, { cameras: this.cameras, protocol: 'legacy-sender' }, parts =>
        connections.receiveCameras(connection.connection, parts, offer),
      );
      if (this.#connection !== connection) return;
      client.describe('answer', answer);
      connection.described();
    } catch (error) {
      // Another offer took its place, or nobody wants it any more: its client goes on.
      if (this.#client !== client || this.#connection !== connection) return;
      if (error instanceof OfferError) client.protocolViolation(CLOSE.invalidData, error.message);
      else if (error instanceof Failure)
        client.close(error.code === 'forbidden' ? CLOSE.policy : CLOSE.tryAgainLater, error.message);
      else {
        log.error({ err: error }, 'old sender could not be answered');
        client.close(CLOSE.internal, 'the server made a mistake');
      }
    }
  }

  /** @throws OfferError, Failure */
  #check(count: number, client: LegacyClient): void {
    const room = this.#options.room();
    if (count > room) throw new OfferError('invalid-sdp', `The offer has ${count} cameras; there is room for ${room}.`);
    const forbidden = this.#idsOf(count).find(camera => !this.#options.maySend(client, camera));
    if (forbidden !== undefined) throw new Failure('forbidden', `It may not send camera "${forbidden}".`);
  }

  candidate(value: string): void {
    this.#connection?.candidate(value);
  }

  /** One of its sessions has ended: with the last it is asked again, if somebody still waits for it. */
  sessionEnded(id: string): void {
    const connection = this.#connection;
    // One that waits for its answer is told why there is none: asked at once, it would offer the same again.
    if (!connection?.sessionEnded(id) || !connection.isDescribed) return;
    this.#letGo();
    if (this.#wanted.size > 0 && this.#client) this.#ask();
  }

  /** Its client is gone, or is nobody's business any more. */
  close(reason: EndReason): void {
    this.#client = null;
    this.#hangUp(reason);
    this.#say();
  }

  #ask(): void {
    if (!this.#client) return;
    this.#askedAt = performance.now();
    this.#client.hello();
  }

  /** While nobody has asked for what it was asked for itself, it is kept for a while. */
  #stay(): void {
    if (this.#grace) clearTimeout(this.#grace);
    this.#grace = setTimeout(() => {
      this.#grace = null;
      if (this.#wanted.size === 0 && !this.#isUnasked) this.#hangUp('no-viewers');
    }, GRACE_MS).unref();
  }

  #idsOf(count: number): string[] {
    return Array.from({ length: count }, (_, index) => (index === 0 ? this.name : `${this.name}-${index + 1}`));
  }

  #setCameras(count: number): void {
    if (count === this.#cameras) return;
    this.#cameras = count;
    // Of one that is no more nobody will say that it is not wanted any more.
    for (const camera of this.#wanted) if (!this.cameras.includes(camera)) this.#wanted.delete(camera);
    this.#options.changed();
  }

  #hangUp(reason: EndReason): void {
    const connection = this.#connection;
    this.#letGo();
    if (this.#grace) clearTimeout(this.#grace);
    this.#grace = null;
    connection?.end(reason, null);
  }

  #letGo(): void {
    this.#connection = null;
    this.#isUnasked = false;
  }

  #say(): void {
    for (const tell of [...this.#waiting]) tell();
  }
}
