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
  /** The id of its first camera, as `legacy-1`; further ones are `legacy-1-2`, … */
  name: string;
  sessions: Sessions;
  connections: MultiCameraConnections;
  /** Whether a client may send a camera. */
  maySend(client: LegacyClient, camera: string): boolean;
  /** How many cameras it may have. */
  maxCameras(): number;
  /** Its cameras have changed. */
  changed(): void;
  log: Log;
}

/** From HELLO to the offer: it opens its cameras first. */
const OFFER_MS = 10_000;
/** How long an offer is kept before its first viewer. */
const GRACE_MS = 10_000;

/**
 * A legacy sender: its cameras stay when it disconnects, and are reused when it reconnects. It reopens its cameras at
 * each HELLO, so HELLO is sent when a camera is wanted, and not again until its offer arrives.
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
  /** Its offer was not requested: if its connection is closed, it may not offer again. */
  #isUnsolicited = false;
  #requestedAt: number | null = null;
  #grace: NodeJS.Timeout | null = null;
  readonly #waiting = new Set<() => void>();

  constructor(options: SenderOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Ids of its cameras, in the order of its sections; a single one before its first offer. */
  get cameras(): string[] {
    return this.#idsOf(this.#cameras);
  }

  /** Null while it is disconnected. */
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

  /** Whether its number of cameras is known. */
  get hasOffered(): boolean {
    return this.#hasOffered;
  }

  /** Attaches a client that is silent, or offers. */
  attach(client: LegacyClient, offers: boolean): void {
    this.#client = client;
    this.#address = client.info.address;
    this.#requestedAt = null;
    if (this.#wanted.size > 0 && !offers) this.#requestOffer();
  }

  /** Requests its OK and its offer, which arrive only if it is a sender. */
  probe(): void {
    if (!this.#isProven && this.#requestedAt === null) this.#requestOffer();
  }

  /** Resolves when it has said OK or has offered; or when it disconnects or time is up. */
  async waitFor(what: 'ok' | 'offer', ms: number): Promise<void> {
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

  /** One of its cameras is open and waits for frames, or is closed again. */
  setWanted(camera: string, wanted: boolean): void {
    if (!wanted) {
      this.#wanted.delete(camera);
      if (this.#wanted.size === 0 && this.#grace === null && !this.#isUnsolicited) this.#disconnect('no-viewers');
      return;
    }
    this.#wanted.add(camera);
    const isRequested = this.#requestedAt !== null && performance.now() - this.#requestedAt < OFFER_MS;
    if (!this.#connection && !isRequested) this.#requestOffer();
  }

  receivedOk(): void {
    this.#isProven = true;
    this.#notify();
  }

  async offer(sdp: string): Promise<void> {
    const { connections, log } = this.#options;
    const client = this.#client;
    if (!client) return;
    const connection = new LegacyConnection(this.#options);
    const isUnsolicited = this.#requestedAt === null;
    this.#requestedAt = null;
    this.#disconnect('renegotiated');
    this.#connection = connection;
    this.#isUnsolicited = isUnsolicited;
    try {
      const offer = parseOffer(sdp, 'publish');
      // Before anything is started: each camera is a process.
      this.#check(offerOfCameras(offer).cameras, client);
      this.#isProven = true;
      this.#hasOffered = true;
      this.#setCameras(offer.video.length);
      this.#startGrace();
      this.#notify();
      const answer = await connection.share(client, { cameras: this.cameras, protocol: 'legacy-sender' }, parts =>
        connections.receiveCameras(connection.connection, parts, offer),
      );
      if (this.#connection !== connection) return;
      client.describe('answer', answer);
      connection.described();
    } catch (error) {
      // Another offer has replaced it, or it is no longer wanted: its client stays.
      if (this.#client !== client || this.#connection !== connection) return;
      if (error instanceof OfferError) client.protocolViolation(CLOSE.invalidData, error.message);
      else if (error instanceof Failure)
        client.close(error.code === 'forbidden' ? CLOSE.policy : CLOSE.tryAgainLater, error.message);
      else {
        log.error({ err: error }, 'answer to legacy sender failed');
        client.close(CLOSE.internal, 'internal server error');
      }
    }
  }

  /** @throws OfferError, Failure */
  #check(count: number, client: LegacyClient): void {
    const max = this.#options.maxCameras();
    if (count > max)
      throw new OfferError('invalid-sdp', `The offer has ${count} cameras; now at most ${max} are allowed.`);
    const forbidden = this.#idsOf(count).find(camera => !this.#options.maySend(client, camera));
    if (forbidden !== undefined) throw new Failure('forbidden', `It may not send camera "${forbidden}".`);
  }

  candidate(value: string): void {
    this.#connection?.candidate(value);
  }

  /** One of its sessions has ended: after the last, a new offer is requested if a camera is still wanted. */
  sessionEnded(id: string): void {
    const connection = this.#connection;
    // While it waits for the answer, the failure closes it: with a new HELLO it would only repeat its offer.
    if (!connection?.sessionEnded(id) || !connection.isDescribed) return;
    this.#forgetConnection();
    if (this.#wanted.size > 0 && this.#client) this.#requestOffer();
  }

  /** Detaches its client. */
  close(reason: EndReason): void {
    this.#client = null;
    this.#disconnect(reason);
    this.#notify();
  }

  #requestOffer(): void {
    if (!this.#client) return;
    this.#requestedAt = performance.now();
    this.#client.hello();
  }

  /** Keeps a connection that was requested for a while, even without viewers. */
  #startGrace(): void {
    if (this.#grace) clearTimeout(this.#grace);
    this.#grace = setTimeout(() => {
      this.#grace = null;
      if (this.#wanted.size === 0 && !this.#isUnsolicited) this.#disconnect('no-viewers');
    }, GRACE_MS).unref();
  }

  #idsOf(count: number): string[] {
    return Array.from({ length: count }, (_, index) => (index === 0 ? this.name : `${this.name}-${index + 1}`));
  }

  #setCameras(count: number): void {
    if (count === this.#cameras) return;
    this.#cameras = count;
    // A removed camera is never reported as unwanted.
    for (const camera of this.#wanted) if (!this.cameras.includes(camera)) this.#wanted.delete(camera);
    this.#options.changed();
  }

  #disconnect(reason: EndReason): void {
    const connection = this.#connection;
    this.#forgetConnection();
    if (this.#grace) clearTimeout(this.#grace);
    this.#grace = null;
    connection?.end(reason, null);
  }

  #forgetConnection(): void {
    this.#connection = null;
    this.#isUnsolicited = false;
  }

  #notify(): void {
    for (const done of [...this.#waiting]) done();
  }
}
