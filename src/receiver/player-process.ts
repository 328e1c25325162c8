import { fileURLToPath } from 'node:url';
import type { IceAgentSettings } from '../domain/ice.js';
import type { Log } from '../domain/log.js';
import {
  checkFromPlayer,
  type FromPlayer,
  type FromPlayerOf,
  PLAYER_REPLIES,
  type PlayerSettings,
  type ToPlayer,
} from '../messages/player.js';
import { CHILD_TIMES, type Child, ChildProcess } from '../process/child-process.js';
import { type Clock, SYSTEM_CLOCK } from '../process/clock.js';
import { RequestError } from '../process/requests.js';
import type { RestartPolicy } from '../process/restart-policy.js';
import { type Exit, Supervised } from '../process/supervised.js';
import { ReceiveFailure } from './failure.js';
import { type FaultVerdict, PlayerFaults, STEADY_MS } from './player-faults.js';

const ENTRY = fileURLToPath(new URL('./player/main.js', import.meta.url));
/** For an offer or an answer: webrtcbin needs some ms, and waits for STUN and TURN. */
const NEGOTIATE_MS = 5_000;
/** For choosing a decoder and opening the display. */
const PREPARE_MS = 30_000;
/** The player finishes files before it closes. */
const TIMES = { ...CHILD_TIMES, hungMs: 6_000, closeMs: 4_000 };
/** A crash costs a second; a player that keeps crashing, with no element to blame, ends the command within 30 s. */
const RESTARTS: RestartPolicy = {
  delaysMs: [0, 250, 1000, 2000, 5000],
  steadyMs: STEADY_MS,
  giveUpAfter: 8,
  maxStuck: 3,
};

/** Receives the player's events of one session. */
export interface SessionListener {
  connected(): void;
  frame(camera: string): void;
  /** The player ended the session, or died. */
  ended(reason: string, detail: string | null): void;
}

export interface PlayerProcessOptions {
  settings: Omit<PlayerSettings, 'skip'>;
  /** Whether the player inherits stdout. */
  pipes: boolean;
  log: Log;
  /** The player, the first one or a replacement, accepts sessions. */
  onPrepared(prepared: Prepared): void;
  /** Messages about cameras rather than sessions. */
  onMessage(message: FromPlayer): void;
  /** The process has died and is being replaced. */
  onDied(reason: string): void;
  /** The player does not work, and is not restarted. */
  onFailed(failure: ReceiveFailure): void;
  /** By default real processes and real time. */
  launch?: (onMessage: (message: FromPlayer) => void) => Child<ToPlayer, FromPlayer>;
  clock?: Clock;
}

export type Prepared = Pick<FromPlayerOf<'prepared'>, 'decoder' | 'decoderTitle' | 'sink'>;

/**
 * The command's side of the process that decodes and shows: a crash costs a second, and an element that crashes it is
 * not opened again.
 */
export class PlayerProcess {
  readonly #options: PlayerProcessOptions;
  readonly #clock: Clock;
  readonly #player: Supervised<ToPlayer, FromPlayer, typeof PLAYER_REPLIES>;
  readonly #faults = new PlayerFaults();
  readonly #listeners = new Map<string, SessionListener>();
  /** The last text of each camera, sent again to a replacement player. */
  readonly #texts = new Map<string, string | null>();
  #verdict: FaultVerdict = { kind: 'again' };
  #failure = new ReceiveFailure('internal', 'the player was closed');

  constructor(options: PlayerProcessOptions) {
    const { pipes, log, clock = SYSTEM_CLOCK } = options;
    this.#options = options;
    this.#clock = clock;
    const launch = (onMessage: (message: FromPlayer) => void): Child<ToPlayer, FromPlayer> =>
      new ChildProcess<ToPlayer, FromPlayer>({
        entry: ENTRY,
        args: [],
        check: checkFromPlayer,
        inheritStdout: pipes,
        log,
        onMessage,
        times: TIMES,
      });
    this.#player = new Supervised({
      launch: options.launch ?? launch,
      replies: PLAYER_REPLIES,
      policy: RESTARTS,
      prepare: () => this.#prepare(),
      onMessage: message => this.#onMessage(message),
      judge: () => {
        this.#verdict = this.#faults.died(this.#clock.now());
        return this.#verdict.kind === 'hopeless' ? 'hopeless' : this.#verdict.kind === 'left out' ? 'progress' : null;
      },
      onExit: exit => this.#onExit(exit),
      clock,
    });
  }

  start(): void {
    this.#player.start();
  }

  /** Resolves when the player accepts sessions, after any number of restarts. @throws ReceiveFailure */
  async untilPrepared(): Promise<void> {
    await this.#player.untilUp({ timeoutMs: null }).catch(() => {
      throw this.#failure;
    });
  }

  /** webrtcbin's offer to receive a camera. @throws ReceiveFailure */
  async offer(session: string, camera: string, ice: IceAgentSettings, listener: SessionListener): Promise<string> {
    return await this.#negotiate(session, listener, async limits => {
      const { offer } = await this.#player.request({ type: 'offer', session, camera, ice }, limits);
      return offer;
    });
  }

  /** Answers an offer that has a media section for each camera. @throws ReceiveFailure */
  async answer(
    session: string,
    { cameras, offer, ice }: { cameras: readonly string[]; offer: string; ice: IceAgentSettings },
    listener: SessionListener,
  ): Promise<string> {
    return await this.#negotiate(session, listener, async limits => {
      const { answer } = await this.#player.request({ type: 'answer', session, cameras, offer, ice }, limits);
      return answer;
    });
  }

  /** @param answer for webrtcbin */
  accept(session: string, answer: string): void {
    this.#player.send({ type: 'accept', session, answer });
  }

  addCandidates(session: string, values: readonly string[]): void {
    this.#player.send({ type: 'candidates', session, values });
  }

  /** Ends a session; its listener receives no further events. */
  leave(session: string): void {
    this.#listeners.delete(session);
    this.#player.send({ type: 'leave', session });
  }

  say(camera: string, text: string | null): void {
    this.#texts.set(camera, text);
    if (this.#player.isUp) this.#player.send({ type: 'say', camera, text });
  }

  async close(): Promise<void> {
    await this.#player.close();
  }

  async #prepare(): Promise<void> {
    const settings = { ...this.#options.settings, skip: this.#faults.broken };
    try {
      const prepared = await this.#player.request({ type: 'configure', settings }, { timeoutMs: PREPARE_MS });
      this.#faults.prepared(prepared.decoder);
      for (const [camera, text] of this.#texts) this.#player.send({ type: 'say', camera, text });
      this.#options.onPrepared(prepared);
    } catch (error) {
      if (!(error instanceof RequestError) || error.fault !== 'refused') throw error;
      const code = error.code === 'decoder' ? 'no-decoder' : error.code === 'display' ? 'no-display' : 'internal';
      this.#fail(new ReceiveFailure(code, error.message, error.remedy ?? ''));
    }
  }

  async #negotiate(
    session: string,
    listener: SessionListener,
    ask: (limits: { timeoutMs: number }) => Promise<string>,
  ): Promise<string> {
    await this.untilPrepared();
    this.#listeners.set(session, listener);
    try {
      return await ask({ timeoutMs: NEGOTIATE_MS });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const { fault, message } = error;
      if (fault === 'refused') throw new ReceiveFailure('invalid-answer', `session setup failed: ${message}`);
      // A player that hangs is replaced.
      throw new ReceiveFailure(
        'unavailable',
        fault === 'late' ? `the player: ${message}` : `the player died: ${message}`,
      );
    }
  }

  #onMessage(message: FromPlayer): void {
    switch (message.type) {
      case 'trying':
        this.#faults.trying(message.element);
        return;
      case 'connected':
        this.#faults.connected(this.#clock.now());
        this.#listeners.get(message.session)?.connected();
        return;
      case 'frame':
        this.#listeners.get(message.session)?.frame(message.camera);
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

  #onExit({ reason, next, upMs }: Exit): void {
    if (next === 'closed') return;
    const verdict = this.#verdict;
    if (next === 'given up') {
      this.#fail(
        this.#player.isFull
          ? new ReceiveFailure(
              'internal',
              `${RESTARTS.maxStuck} players hang in the kernel: ${reason}`,
              'Restart the machine: its graphics or decoder driver hangs',
            )
          : new ReceiveFailure(
              'internal',
              `the player ${upMs === null ? 'does not start' : 'keeps crashing'}: ${reason}`,
              'Run "bigfootbot-video doctor", which checks GStreamer',
            ),
      );
    } else this.#options.onDied(verdict.kind === 'left out' ? `${blame(verdict)}: ${reason}` : reason);
    for (const session of [...this.#listeners.keys()]) this.#endSession(session, 'player-died', reason);
  }

  #fail(failure: ReceiveFailure): void {
    this.#failure = failure;
    this.#options.onFailed(failure);
    void this.close();
  }
}

function blame({ element, deaths }: Extract<FaultVerdict, { kind: 'left out' }>): string {
  return `${element} crashed it${deaths === 1 ? '' : ` ${deaths} times`} and is no longer used`;
}
