import { fileURLToPath } from 'node:url';
import type { IceAgentSettings, Log } from '../domain/ports.js';
import {
  checkFromPlayer,
  type FromPlayer,
  type FromPlayerOf,
  type PlayerSettings,
  type ToPlayer,
} from '../messages/player.js';
import { ChildProcess } from '../process/child-process.js';
import { ReceiveFailure } from './failure.js';

const ENTRY = fileURLToPath(new URL('../player/main.js', import.meta.url));
/** An offer or an answer: webrtcbin takes some ms, and waits for STUN and TURN for a while. */
const NEGOTIATE_MS = 5_000;
/** To choose a decoder and open the display. */
const PREPARE_MS = 30_000;
/** Files are finished. */
const CLOSE_MS = 4_000;
/** Ends of the process while an element was opened, each without the ones before: there are fewer than that. */
const MAX_BROKEN = 12;

/** What a session hears of the player. */
export interface SessionListener {
  connected(): void;
  picture(camera: string): void;
  /** By the player itself, or with it. */
  ended(reason: string, detail: string | null): void;
}

export interface PlayerProcessOptions {
  settings: Omit<PlayerSettings, 'skip'>;
  /** Whether the process's stdout is this one's. */
  pipes: boolean;
  log: Log;
  /** What is about cameras and not about a session. */
  onMessage(message: FromPlayer): void;
  /** The process has died; another one is being started. */
  onDied(reason: string): void;
  /** It cannot be brought to play. */
  onFailed(failure: ReceiveFailure): void;
}

export type Prepared = Omit<FromPlayerOf<'prepared'>, 'type'>;

type Waiting = { resolve(sdp: string): void; reject(error: Error): void };

/**
 * The process that decodes and shows, from this side: what it dies of costs a second, and an element that it dies of at
 * opening is not opened again.
 */
export class PlayerProcess {
  /** Resolves when it can take sessions; made anew with each process. */
  prepared: Promise<Prepared>;
  readonly #options: PlayerProcessOptions;
  readonly #broken: string[] = [];
  readonly #listeners = new Map<string, SessionListener>();
  readonly #waiting = new Map<string, Waiting>();
  /** What was said of cameras last: a player that is started anew is told it again. */
  readonly #said = new Map<string, string | null>();
  #process: ChildProcess<ToPlayer, FromPlayer> | null = null;
  #trying: string | null = null;
  #become: { resolve(prepared: Prepared): void; reject(error: Error): void } = {
    resolve: () => undefined,
    reject: () => undefined,
  };
  #hasPrepared = false;
  #closed = false;

  constructor(options: PlayerProcessOptions) {
    this.#options = options;
    this.prepared = this.#promise();
  }

  start(): void {
    const { settings, pipes, log } = this.#options;
    const child = new ChildProcess<ToPlayer, FromPlayer>({
      entry: ENTRY,
      args: [],
      check: checkFromPlayer,
      inheritStdout: pipes,
      log,
      onMessage: message => this.#onMessage(message),
      times: { readyMs: 30_000, pingMs: 2_000, hungMs: 6_000, closeMs: CLOSE_MS },
    });
    this.#process = child;
    this.#hasPrepared = false;
    const late = setTimeout(() => child.kill(`it was not prepared within ${PREPARE_MS / 1000} s`), PREPARE_MS);
    void this.prepared.then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    );
    child.ready.then(
      () => child.send({ type: 'configure', settings: { ...settings, skip: this.#broken } }),
      () => undefined,
    );
    void child.exited.then(reason => this.#onExit(reason));
  }

  /** An offer to receive a camera, as webrtcbin makes it. @throws ReceiveFailure */
  async offer(session: string, camera: string, ice: IceAgentSettings, listener: SessionListener): Promise<string> {
    return await this.#ask(session, listener, { type: 'offer', session, camera, ice });
  }

  /** Answers an offer with a section for each camera. @throws ReceiveFailure */
  async answer(
    session: string,
    { cameras, offer, ice }: { cameras: readonly string[]; offer: string; ice: IceAgentSettings },
    listener: SessionListener,
  ): Promise<string> {
    return await this.#ask(session, listener, { type: 'answer', session, cameras, offer, ice });
  }

  /** @param answer for webrtcbin */
  accept(session: string, answer: string): void {
    this.#process?.send({ type: 'accept', session, answer });
  }

  addCandidates(session: string, values: readonly string[]): void {
    this.#process?.send({ type: 'candidates', session, values });
  }

  /** Ends a session; its listener hears no more. */
  leave(session: string): void {
    this.#listeners.delete(session);
    this.#waiting.delete(session);
    this.#process?.send({ type: 'leave', session });
  }

  say(camera: string, text: string | null): void {
    this.#said.set(camera, text);
    if (this.#hasPrepared) this.#process?.send({ type: 'say', camera, text });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const closed = new ReceiveFailure('internal', 'the player was closed');
    this.#become.reject(closed);
    for (const { reject } of this.#waiting.values()) reject(closed);
    await this.#process?.close();
  }

  async #ask(session: string, listener: SessionListener, message: ToPlayer): Promise<string> {
    await this.prepared;
    if (this.#closed) throw new ReceiveFailure('internal', 'the player was closed');
    this.#listeners.set(session, listener);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<string>((resolve, reject) => {
        this.#waiting.set(session, { resolve, reject });
        timer = setTimeout(
          // One that hangs is replaced.
          () => reject(new ReceiveFailure('unavailable', `the player did not answer within ${NEGOTIATE_MS / 1000} s`)),
          NEGOTIATE_MS,
        );
        this.#process?.send(message);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(session);
    }
  }

  #onMessage(message: FromPlayer): void {
    switch (message.type) {
      case 'trying':
        this.#trying = message.element;
        return;
      case 'prepared': {
        const { type: _, ...prepared } = message;
        this.#trying = null;
        this.#hasPrepared = true;
        for (const [camera, text] of this.#said) this.#process?.send({ type: 'say', camera, text });
        this.#become.resolve(prepared);
        return;
      }
      case 'unusable': {
        const code = message.what === 'decoder' ? 'no-decoder' : message.what === 'display' ? 'no-display' : 'internal';
        this.#fail(new ReceiveFailure(code, message.detail, message.remedy));
        return;
      }
      case 'offered':
        this.#waiting.get(message.session)?.resolve(message.offer);
        return;
      case 'answered':
        this.#waiting.get(message.session)?.resolve(message.answer);
        return;
      case 'refused': {
        const failure = new ReceiveFailure('invalid-answer', `the session could not be set up: ${message.detail}`);
        this.#waiting.get(message.session)?.reject(failure);
        this.#endSession(message.session, 'refused', message.detail);
        return;
      }
      case 'connected':
        this.#listeners.get(message.session)?.connected();
        return;
      case 'picture':
        this.#listeners.get(message.session)?.picture(message.camera);
        this.#options.onMessage(message);
        return;
      case 'ended':
        this.#endSession(message.session, message.reason, message.detail);
        return;
      default:
        this.#options.onMessage(message);
    }
  }

  #endSession(session: string, reason: string, detail: string | null): void {
    const listener = this.#listeners.get(session);
    this.#listeners.delete(session);
    listener?.ended(reason, detail);
  }

  #onExit(reason: string): void {
    this.#process = null;
    if (this.#closed) return;
    if (this.#trying !== null) this.#broken.push(this.#trying);
    const tried = this.#trying;
    this.#trying = null;
    if (!this.#hasPrepared && (tried === null || this.#broken.length > MAX_BROKEN)) {
      this.#fail(
        new ReceiveFailure(
          'internal',
          `the player does not start: ${reason}`,
          'Run "bigfootbot-video doctor", which looks at GStreamer',
        ),
      );
      return;
    }
    if (this.#hasPrepared) this.prepared = this.#promise();
    for (const { reject } of this.#waiting.values())
      reject(new ReceiveFailure('unavailable', `the player died: ${reason}`));
    this.#options.onDied(tried === null ? reason : `${tried} broke it: ${reason}`);
    this.start();
    for (const session of [...this.#listeners.keys()]) this.#endSession(session, 'player-died', reason);
  }

  #fail(failure: ReceiveFailure): void {
    this.#closed = true;
    this.#become.reject(failure);
    this.#options.onFailed(failure);
    this.#process?.kill(failure.message);
  }

  #promise(): Promise<Prepared> {
    const promise = new Promise<Prepared>((resolve, reject) => {
      this.#become = { resolve, reject };
    });
    // Whoever waits is told; if nobody does, it is told by onFailed.
    promise.catch(() => undefined);
    return promise;
  }
}
