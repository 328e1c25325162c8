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
  heard(message: LegacyMessage, text: string): void;
  /** It has gone, or was sent away. @param broke whether it broke the rules */
  closed(broke: boolean): void;
}

/** Messages of one client in ten seconds: one that trickles every address of a machine sends some tens. */
const MAX_MESSAGES = 400;
const WINDOW_MS = 10_000;
/** Of these, what has connections made: HELLO and offers. */
const MAX_BEGINNINGS = 10;
/** Of one connection that it makes: from a HELLO or an offer to the next. */
const MAX_CANDIDATES = 200;
/** Characters, as of offers over HTTP: to read one takes time that all clients share. */
const MAX_DESCRIPTION = 65_536;
/** Bytes that wait for one client: some offers of many cameras, so it has stopped to read. */
const MAX_UNREAD = 1_048_576;
/** How long it may take to say goodbye. */
const GOODBYE_MS = 2_000;
/** Bytes of a close frame's reason (RFC 6455 §5.5). */
const MAX_REASON = 123;

/** One client of the first system: what it says is read and bounded here, and what it is sent goes out in its form. */
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
  #beginnings = 0;
  #candidates = 0;
  #hasAnswered = true;
  #isGone = false;
  #broke = false;

  constructor(socket: LegacySocket, info: LegacyClientInfo, events: ClientEvents, log: Log) {
    this.info = info;
    this.form = info.form;
    this.#socket = socket;
    this.#events = events;
    this.#log = log;
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('pong', () => {
      this.#hasAnswered = true;
    });
    this.closed = new Promise(resolve => {
      socket.on('close', code => {
        // Of ws's own: for a message that is too large, or no UTF-8.
        if (code === CLOSE.tooLarge || code === CLOSE.invalidData) this.#broke = true;
        this.#leave();
        resolve();
      });
    });
  }

  get isClosed(): boolean {
    return this.#isGone;
  }

  hello(): void {
    this.say(HELLO);
  }

  ok(): void {
    this.say(OK);
  }

  /** A description, and its candidates once more, for those that read them nowhere else. */
  describe(kind: 'offer' | 'answer', { sdp, candidates }: { sdp: string; candidates: readonly string[] }): void {
    this.say(formatDescription(kind, sdp, this.form));
    for (const candidate of candidates) this.say(formatCandidate(candidate));
  }

  say(text: string): void {
    if (this.#isGone) return;
    if (this.#socket.bufferedAmount > MAX_UNREAD) {
      this.protocolViolation(CLOSE.policy, 'it does not read what it is sent');
      this.#socket.terminate();
      return;
    }
    this.#socket.send(text);
  }

  /** Asks whether it is still there; one that has not answered since the last time is cut off. */
  ping(): void {
    if (!this.#hasAnswered) {
      this.#socket.terminate();
      return;
    }
    this.#hasAnswered = false;
    this.#socket.ping();
  }

  /** Sends it away for what it did. */
  protocolViolation(code: number, reason: string): void {
    this.#broke = true;
    this.close(code, reason);
  }

  /** @param reason in words without a secret, for whoever reads the client's log */
  close(code: number, reason: string): void {
    if (this.#isGone) return;
    const { address } = this.info.client;
    const said = shortened(reason);
    this.#log.info({ address, code, reason: said }, 'old client is sent away');
    this.#socket.close(code, said);
    // It may not answer; what it holds is let go of now.
    setTimeout(() => this.terminate(), GOODBYE_MS).unref();
    this.#leave();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#events.closed(this.#broke);
  }

  #onMessage(data: { toString(): string }, isBinary: boolean): void {
    if (this.#isGone) return;
    const now = performance.now();
    if (now - this.#windowAt > WINDOW_MS) {
      this.#windowAt = now;
      this.#messages = 0;
      this.#beginnings = 0;
    }
    if (++this.#messages > MAX_MESSAGES) {
      this.protocolViolation(CLOSE.policy, `more than ${MAX_MESSAGES} messages in ${WINDOW_MS / 1000} s`);
      return;
    }
    if (isBinary) {
      this.protocolViolation(CLOSE.unsupportedData, 'only text messages are taken');
      return;
    }
    const text = data.toString();
    const message = text.length > MAX_LEGACY_MESSAGE ? null : parseLegacyMessage(text);
    if (message === null) {
      this.protocolViolation(CLOSE.invalidData, 'a message is one JSON object');
      return;
    }
    if (message.type === 'description' && message.sdp.length > MAX_DESCRIPTION) {
      this.protocolViolation(CLOSE.invalidData, `a description is of at most ${MAX_DESCRIPTION} characters`);
      return;
    }
    if (message.type === 'candidate' && ++this.#candidates > MAX_CANDIDATES) {
      this.protocolViolation(CLOSE.policy, `more than ${MAX_CANDIDATES} candidates`);
      return;
    }
    const begins = message.type === 'hello' || (message.type === 'description' && message.kind === 'offer');
    if (begins) this.#candidates = 0;
    if (begins && ++this.#beginnings > MAX_BEGINNINGS) {
      this.protocolViolation(CLOSE.policy, `it began anew more than ${MAX_BEGINNINGS} times in ${WINDOW_MS / 1000} s`);
      return;
    }
    if (message.type === 'description') this.form = message.form;
    try {
      this.#events.heard(message, text);
    } catch (err) {
      // Of one client: what it said is not to be the end of the server.
      this.#log.error({ err, address: this.info.client.address }, 'what an old client said could not be dealt with');
      this.close(CLOSE.internal, 'the server made a mistake');
    }
  }
}

/** As sessions have it. */
export const whoIs = ({ info: { client, requestId } }: LegacyClient) => ({ client, requestId });

function shortened(reason: string): string {
  // It may quote what the client sent, and be as long as that.
  let short = reason.slice(0, MAX_REASON);
  while (Buffer.byteLength(short) > MAX_REASON) short = short.slice(0, -1);
  return short;
}
