import { randomUUID } from 'node:crypto';
import { AnswerError, answerForWebrtcbin } from '../protocol/answer-for-webrtcbin.js';
import { composeWhepOffer } from '../protocol/whep-offer.js';
import { ReceiveFailure } from './failure.js';
import { type Link, type LinkEvents, untilNextAttempt } from './link.js';
import type { PlayerProcess } from './player-process.js';
import { hostOf } from './request.js';
import { listen } from './server-events.js';
import { EndedEarly, failureOf, SessionWatch } from './session-watch.js';
import type { WhepEndpoint, WhepSession } from './whep.js';

export interface WhepLinkOptions {
  camera: string;
  endpoint: WhepEndpoint;
  player: PlayerProcess;
  events: LinkEvents;
  /** Whether it keeps retrying even if the first connection fails. */
  waits: boolean;
}

/** A session with frames for so long was a success: the next attempt follows at once. */
const STEADY_MS = 5_000;

/** One camera over WHEP: a session, and when it ends, the next one. */
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
      if (!this.#hasWorked && !waits && !failure.isTransient) {
        events.failed(camera, failure);
        return;
      }
      events.down(camera, failure);
      // After a stable session retry at once: most likely the server restarted.
      if (this.#failures++ > 0 || failure.retryAfterMs > 0)
        await untilNextAttempt(this.#failures - 1, failure.retryAfterMs, this.#stop.signal);
    }
  }

  /** One session, from its offer to its end. @returns why it ended, or did not start */
  async #session(): Promise<ReceiveFailure> {
    const { endpoint, player, camera, events } = this.#options;
    const id = randomUUID();
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, over.signal]);
    const descriptions = { local: '', remote: '' };
    let session: WhepSession | null = null;
    let isReachable = true;
    try {
      await player.untilPrepared();
      const ice = await endpoint.iceSettings(signal);
      const watched = new SessionWatch(signal, () => {
        this.#hasWorked = true;
        events.live(camera);
      });
      descriptions.local = composeWhepOffer(await player.offer(id, camera, ice, watched));
      session = await endpoint.open(descriptions.local, signal);
      descriptions.remote = answerForWebrtcbin(session.answer, descriptions.local);
      player.accept(id, descriptions.remote);
      if (session.events)
        void listen({
          url: session.events,
          token: endpoint.tokenFor(session.events),
          signal,
          onActive: active =>
            events.trouble(camera, active ? null : 'no video from the camera; the server sends placeholder frames'),
          onGone: () => {
            isReachable = false;
            watched.ended('server-gone', `${hostOf(endpoint.url)} closed the connection`);
          },
        });
      const beganAt = await watched.firstFrame();
      const end = await watched.end;
      if (performance.now() - beganAt > STEADY_MS) this.#failures = 0;
      return failureOf(hostOf(endpoint.url), end, descriptions);
    } catch (error) {
      if (error instanceof ReceiveFailure) return error;
      if (error instanceof EndedEarly) return failureOf(hostOf(endpoint.url), error.end, descriptions);
      if (error instanceof AnswerError)
        return new ReceiveFailure(
          error.code === 'no-common-codec' ? 'no-common-codec' : 'invalid-answer',
          `${hostOf(endpoint.url)}: ${error.message}`,
          error.code === 'no-common-codec' ? 'Configure the server to send H.264' : '',
        );
      return new ReceiveFailure('internal', error instanceof Error ? error.message : String(error));
    } finally {
      over.abort();
      player.leave(id);
      const location = session?.location;
      if (location) {
        const left = endpoint.leave(location);
        // Only the end of the command waits for it; the next session does not.
        if (this.#stop.signal.aborted && isReachable) await left;
      }
    }
  }
}
