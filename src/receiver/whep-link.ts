import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { retryDelayMs } from '../protocol/backoff.js';
import { AnswerError, answerForWebrtcbin } from '../protocol/whep-answer.js';
import { composeWhepOffer } from '../protocol/whep-offer.js';
import { ReceiveFailure } from './failure.js';
import type { Link, LinkEvents } from './link.js';
import { noPath } from './no-path.js';
import type { PlayerProcess } from './player-process.js';
import { hostOf } from './request.js';
import { listen } from './server-events.js';
import type { WhepEndpoint, WhepSession } from './whep.js';

export interface WhepLinkOptions {
  camera: string;
  endpoint: WhepEndpoint;
  player: PlayerProcess;
  events: LinkEvents;
  /** Whether it goes on trying where it has never worked. */
  waits: boolean;
}

/** From the connection to the first picture: a keyframe is sent at once. */
const FIRST_PICTURE_MS = 8_000;
/** Pictures that came for so long are a success: the next attempt after it is made at once. */
const STEADY_MS = 5_000;

type End = { reason: string; detail: string | null };

/** One camera over WHEP: a session, and when it ends another one. */
export class WhepLink implements Link {
  readonly #options: WhepLinkOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #hasWorked = false;
  #failures = 0;

  constructor(options: WhepLinkOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { camera, events, waits } = this.#options;
    while (!this.#stop.signal.aborted) {
      const failure = await this.#session();
      if (this.#stop.signal.aborted) return;
      if (!this.#hasWorked && !waits && !failure.passes) {
        events.failed(camera, failure);
        return;
      }
      events.down(camera, failure);
      const pause = retryDelayMs(this.#failures++, failure.retryAfterMs);
      // What stood until now is tried again at once: most likely the server was started anew.
      await sleep(this.#failures === 1 && failure.retryAfterMs === 0 ? 0 : pause, undefined, {
        signal: this.#stop.signal,
      }).catch(() => undefined);
    }
  }

  /** One session, from its offer to its end. @returns why it ended, or never began */
  async #session(): Promise<ReceiveFailure> {
    const { endpoint, player, camera, events } = this.#options;
    const id = randomUUID();
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, over.signal]);
    const said = { offer: '', answer: '' };
    let session: WhepSession | null = null;
    let isReachable = true;
    try {
      await player.prepared;
      const ice = await endpoint.iceSettings(signal);
      const watched = new Watch(signal);
      said.offer = composeWhepOffer(await player.offer(id, camera, ice, watched));
      session = await endpoint.open(said.offer, signal);
      said.answer = session.answer;
      player.accept(id, answerForWebrtcbin(said.answer, said.offer));
      if (session.events)
        void listen({
          url: session.events,
          token: endpoint.tokenFor(session.events),
          signal,
          onActive: active =>
            events.trouble(camera, active ? null : 'the camera brings no pictures; the server shows a slate'),
          onGone: () => {
            isReachable = false;
            watched.ended('server-gone', `${hostOf(endpoint.url)} has closed the connection`);
          },
        });
      const beganAt = await watched.firstPicture(FIRST_PICTURE_MS);
      this.#hasWorked = true;
      events.live(camera);
      const { reason, detail } = await watched.end;
      if (performance.now() - beganAt > STEADY_MS) this.#failures = 0;
      return ended(endpoint, { reason, detail }, said);
    } catch (error) {
      if (error instanceof ReceiveFailure) return error;
      if (error instanceof EndedEarly) return ended(endpoint, error.end, said);
      if (error instanceof AnswerError)
        return new ReceiveFailure(
          error.code === 'no-common-codec' ? 'no-common-codec' : 'invalid-answer',
          `${hostOf(endpoint.url)}: ${error.message}`,
          error.code === 'no-common-codec' ? 'Have the server send H.264' : '',
        );
      return new ReceiveFailure('internal', error instanceof Error ? error.message : String(error));
    } finally {
      over.abort();
      events.trouble(camera, null);
      player.leave(id);
      const location = session?.location;
      if (location) {
        const left = endpoint.leave(location);
        // The next session need not wait for it; the end of the command does.
        if (this.#stop.signal.aborted && isReachable) await left;
      }
    }
  }
}

/** A session that ended before its first picture. */
class EndedEarly extends Error {
  readonly end: End;
  constructor(end: End) {
    super(end.reason);
    this.end = end;
  }
}

/** What the player and the server say of a session, as promises. */
class Watch {
  readonly end: Promise<End>;
  readonly #picture: Promise<void>;
  #sawPicture: () => void = () => undefined;
  #isOver: (end: End) => void = () => undefined;
  #isConnected = false;

  constructor(signal: AbortSignal) {
    this.end = new Promise(resolve => {
      this.#isOver = resolve;
    });
    this.#picture = new Promise(resolve => {
      this.#sawPicture = resolve;
    });
    signal.addEventListener('abort', () => this.ended('closed', null), { once: true });
  }

  connected(): void {
    this.#isConnected = true;
  }

  picture(): void {
    this.#sawPicture();
  }

  ended(reason: string, detail: string | null): void {
    this.#isOver({ reason, detail });
  }

  /** @returns when it came, performance.now() @throws EndedEarly */
  async firstPicture(patienceMs: number): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<End>(resolve => {
      const look = (): void => {
        if (this.#isConnected) resolve({ reason: 'no-picture', detail: null });
        else timer = setTimeout(look, patienceMs);
      };
      timer = setTimeout(look, patienceMs);
    });
    try {
      const end = await Promise.race([this.#picture.then(() => null), this.end, late]);
      if (end) throw new EndedEarly(end);
      return performance.now();
    } finally {
      clearTimeout(timer);
    }
  }
}

function ended(
  { url }: WhepEndpoint,
  { reason, detail }: End,
  descriptions: { offer: string; answer: string },
): ReceiveFailure {
  const host = hostOf(url);
  switch (reason) {
    case 'connect-timeout':
    case 'ice-failed':
      return noPath(host, descriptions);
    case 'dtls-failed':
      return new ReceiveFailure('no-path', `${host} and this machine could not agree on keys`, 'Check the clocks of both');
    case 'rtcp-timeout':
      return new ReceiveFailure('unavailable', `the link is lost: ${detail ?? 'nothing comes'}`);
    case 'no-picture':
      return new ReceiveFailure(
        'unavailable',
        `${host} is connected and sends no picture that can be decoded`,
        'Look at the camera on the server',
      );
    case 'server-gone':
      return new ReceiveFailure('unavailable', detail ?? `${host} is gone`);
    case 'peer-closed':
      return new ReceiveFailure('unavailable', `${host} ended the session`);
    case 'player-died':
      return new ReceiveFailure('unavailable', `the player died and is being started anew: ${detail ?? ''}`);
    default:
      return new ReceiveFailure('unavailable', detail ?? reason);
  }
}
