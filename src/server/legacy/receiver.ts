import { Failure } from '../../domain/failure.js';
import type { Log } from '../../domain/log.js';
import type { MultiCameraConnections } from '../../domain/multi-camera.js';
import type { Sessions } from '../../domain/sessions.js';
import { CLOSE } from '../../domain/web-sockets.js';
import { AnswerError } from '../../protocol/answer-for-webrtcbin.js';
import { midsOf } from '../../protocol/legacy-message.js';
import type { LegacyClient } from './client.js';
import { LegacyConnection } from './connection.js';

export interface ReceiverOptions {
  client: LegacyClient;
  sessions: Sessions;
  connections: MultiCameraConnections;
  /** The cameras to offer it now. @param signal aborts the wait for them */
  cameras(signal: AbortSignal): Promise<readonly string[]>;
  log: Log;
}

interface Negotiation {
  /** Makes the mids of each offer unique. */
  number: number;
  connection: LegacyConnection;
  state: 'offering' | 'offered' | 'answered';
  timeout: NodeJS.Timeout | null;
}

/** From the offer to the answer, at most: until then the cameras are open, and nothing is sent. */
const ANSWER_MS = 15_000;

/** A legacy receiver: each HELLO replaces its connection with a new one. */
export class LegacyReceiver {
  readonly #options: ReceiverOptions;
  #current: Negotiation | null = null;
  #count = 0;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** Whether it has not answered its offer yet. */
  get isAnswerPending(): boolean {
    return this.#current?.state === 'offered';
  }

  async hello(): Promise<void> {
    const { client } = this.#options;
    this.close('renegotiated', null);
    const negotiation: Negotiation = {
      number: ++this.#count,
      connection: new LegacyConnection(this.#options),
      state: 'offering',
      timeout: null,
    };
    this.#current = negotiation;
    client.ok();
    try {
      await this.#offer(negotiation);
    } catch (error) {
      if (this.#current !== negotiation) return;
      this.#current = null;
      if (!(error instanceof Failure)) this.#options.log.error({ err: error }, 'offer to legacy receiver failed');
      client.close(codeOf(error), error instanceof Failure ? error.message : 'internal server error');
    }
  }

  answer(sdp: string): void {
    const { client, connections } = this.#options;
    const negotiation = this.#current;
    if (this.#isStale(sdp, negotiation)) return;
    if (negotiation?.state !== 'offered') {
      client.protocolViolation(CLOSE.protocolError, 'an answer without an offer');
      return;
    }
    try {
      connections.acceptAnswer(negotiation.connection.connection, sdp);
    } catch (error) {
      if (!(error instanceof AnswerError)) throw error;
      client.protocolViolation(error.code === 'no-common-codec' ? CLOSE.policy : CLOSE.invalidData, error.message);
      return;
    }
    negotiation.state = 'answered';
    if (negotiation.timeout) clearTimeout(negotiation.timeout);
    negotiation.connection.described();
  }

  candidate(value: string): void {
    this.#current?.connection.candidate(value);
  }

  /** One of its sessions has ended. @returns whether it was the last */
  sessionEnded(id: string): boolean {
    const negotiation = this.#current;
    if (!negotiation?.connection.sessionEnded(id)) return false;
    if (negotiation.timeout) clearTimeout(negotiation.timeout);
    this.#current = null;
    return true;
  }

  close(reason: 'renegotiated' | 'peer-closed' | 'protocol-error' | 'shutdown', detail: string | null): void {
    const negotiation = this.#current;
    this.#current = null;
    if (!negotiation) return;
    if (negotiation.timeout) clearTimeout(negotiation.timeout);
    negotiation.connection.end(reason, detail);
  }

  async #offer(negotiation: Negotiation): Promise<void> {
    const { client, connections } = this.#options;
    const { number, connection } = negotiation;
    const cameras = await this.#options.cameras(connection.signal);
    if (this.#current !== negotiation) return;
    if (cameras.length === 0)
      throw new Failure('camera-unavailable', 'There is no camera that this client may watch.', { retryAfter: 5 });
    const offered = await connection.share(client, { cameras, protocol: 'legacy' }, parts =>
      connections.offerCameras(
        connection.connection,
        parts,
        parts.map((_, index) => `n${number}c${index}`),
      ),
    );
    if (this.#current !== negotiation) return;
    negotiation.state = 'offered';
    client.describe('offer', offered);
    negotiation.timeout = setTimeout(
      () => connection.end('connect-timeout', `the offer was not answered within ${ANSWER_MS / 1000} s`),
      ANSWER_MS,
    );
  }

  // It said HELLO again before it had seen the previous offer.
  #isStale(sdp: string, negotiation: Negotiation | null): boolean {
    const [first] = midsOf(sdp);
    const number = Number(/^n(\d+)c\d+$/.exec(first ?? '')?.[1] ?? Number.NaN);
    return number >= 1 && number <= this.#count && number !== negotiation?.number;
  }
}

function codeOf(error: unknown): number {
  if (!(error instanceof Failure) || error.code === 'internal') return CLOSE.internal;
  if (error.code === 'shutting-down') return CLOSE.goingAway;
  return error.code === 'unknown-camera' || error.code === 'forbidden' ? CLOSE.policy : CLOSE.tryAgainLater;
}
