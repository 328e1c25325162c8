import type { LegacyClientInfo, LegacySocket } from '../../domain/legacy.js';
import type { Log } from '../../domain/log.js';
import { CLOSE } from '../../domain/web-sockets.js';
import {
  formatCandidate,
  formatDescription,
  HELLO,
  type LegacyForm,
  type LegacyMessage,
  MAX_LEGACY_MESSAGE,
  OK,
  parseLegacyMessage,
} from '../../protocol/legacy-message.js';

export interface ClientEvents {
  received(message: LegacyMessage, text: string): void;
  /** By either side. @param hasViolated whether it violated the protocol */
  closed(hasViolated: boolean): void;
}

/** Messages of one client in 10 s: one that trickles every address of a machine sends some tens. */
const MAX_MESSAGES = 400;
const WINDOW_MS = 10_000;
/** The messages among these that create connections: HELLO and offers. */
const MAX_NEGOTIATIONS = 10;
/** Of one negotiation: from a HELLO or an offer to the next. */
const MAX_CANDIDATES = 200;
/** Characters, as for offers over HTTP: parsing takes time that all clients share. */
const MAX_DESCRIPTION = 65_536;
/** Bytes queued for one client: several offers of many cameras, so it has stopped reading. */
const MAX_BUFFERED = 1_048_576;
/** How long the closing handshake may take. */
const CLOSE_MS = 2_000;
/** Bytes of a close frame's reason (RFC 6455 §5.5). */
const MAX_REASON = 123;

/** A legacy client: parses and limits its messages, and sends it messages in its own form. */
export class LegacyClient {
  readonly info: LegacyClientInfo;
  form: LegacyForm;
  /** Resolves when its socket is closed. */
  readonly closed: Promise<void>;
  readonly #socket: LegacySocket;
  readonly #events: ClientEvents;
  readonly #log: Log;
  #windowAt = performance.now();
  #messages = 0;
  #negotiations = 0;
  #candidates = 0;
  #hasPonged = true;
  #isClosed = false;
  #hasViolated = false;

  constructor(socket: LegacySocket, info: LegacyClientInfo, events: ClientEvents, log: Log) {
    this.info = info;
    this.form = info.form;
    this.#socket = socket;
    this.#events = events;
    this.#log = log;
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('pong', () => {
      this.#hasPonged = true;
    });
    this.closed = new Promise(resolve => {
      socket.on('close', code => {
        // Sent by ws itself: for a message that is too large or not UTF-8.
        if (code === CLOSE.tooLarge || code === CLOSE.invalidData) this.#hasViolated = true;
        this.#onClose();
        resolve();
      });
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  hello(): void {
    this.send(HELLO);
  }

  ok(): void {
    this.send(OK);
  }

  /** Sends a description, and its candidates again for clients that do not read them from the SDP. */
  describe(kind: 'offer' | 'answer', { sdp, candidates }: { sdp: string; candidates: readonly string[] }): void {
    this.send(formatDescription(kind, sdp, this.form));
    for (const candidate of candidates) this.send(formatCandidate(candidate));
  }

  send(text: string): void {
    if (this.#isClosed) return;
    if (this.#socket.bufferedAmount > MAX_BUFFERED) {
      this.protocolViolation(CLOSE.policy, 'the client does not read its messages');
      this.#socket.terminate();
      return;
    }
    this.#socket.send(text);
  }

  /** Pings it; terminates it if it has not answered the last ping. */
  ping(): void {
    if (!this.#hasPonged) {
      this.#socket.terminate();
      return;
    }
    this.#hasPonged = false;
    this.#socket.ping();
  }

  /** Disconnects it because it violated the protocol. */
  protocolViolation(code: number, reason: string): void {
    this.#hasViolated = true;
    this.close(code, reason);
  }

  /** @param reason for readers of the client's log; without secrets */
  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    const { address } = this.info.client;
    const short = shortened(reason);
    this.#log.info({ address, code, reason: short }, 'legacy client disconnected');
    this.#socket.close(code, short);
    // It may not answer; its resources are freed now.
    setTimeout(() => this.terminate(), CLOSE_MS).unref();
    this.#onClose();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#events.closed(this.#hasViolated);
  }

  #onMessage(data: { toString(): string }, isBinary: boolean): void {
    if (this.#isClosed) return;
    const now = performance.now();
    if (now - this.#windowAt > WINDOW_MS) {
      this.#windowAt = now;
      this.#messages = 0;
      this.#negotiations = 0;
    }
    if (++this.#messages > MAX_MESSAGES) {
      this.protocolViolation(CLOSE.policy, `more than ${MAX_MESSAGES} messages in ${WINDOW_MS / 1000} s`);
      return;
    }
    if (isBinary) {
      this.protocolViolation(CLOSE.unsupportedData, 'only text messages are accepted');
      return;
    }
    const text = data.toString();
    const message = text.length > MAX_LEGACY_MESSAGE ? null : parseLegacyMessage(text);
    if (message === null) {
      this.protocolViolation(CLOSE.invalidData, 'a message is one JSON object');
      return;
    }
    if (message.type === 'description' && message.sdp.length > MAX_DESCRIPTION) {
      this.protocolViolation(CLOSE.invalidData, `a description has at most ${MAX_DESCRIPTION} characters`);
      return;
    }
    if (message.type === 'candidate' && ++this.#candidates > MAX_CANDIDATES) {
      this.protocolViolation(CLOSE.policy, `more than ${MAX_CANDIDATES} candidates`);
      return;
    }
    const negotiates = message.type === 'hello' || (message.type === 'description' && message.kind === 'offer');
    if (negotiates) this.#candidates = 0;
    if (negotiates && ++this.#negotiations > MAX_NEGOTIATIONS) {
      this.protocolViolation(CLOSE.policy, `more than ${MAX_NEGOTIATIONS} negotiations in ${WINDOW_MS / 1000} s`);
      return;
    }
    if (message.type === 'description') this.form = message.form;
    try {
      this.#events.received(message, text);
    } catch (err) {
      // A message of one client must not crash the server.
      this.#log.error({ err, address: this.info.client.address }, 'handling of legacy client message failed');
      this.close(CLOSE.internal, 'internal server error');
    }
  }
}

/** The client as its sessions record it. */
export const requesterOf = ({ info: { client, requestId } }: LegacyClient) => ({ client, requestId });

function shortened(reason: string): string {
  // It may quote a message of the client, and be as long as that.
  let short = reason.slice(0, MAX_REASON);
  while (Buffer.byteLength(short) > MAX_REASON) short = short.slice(0, -1);
  return short;
}
