import { randomUUID } from 'node:crypto';
import type { IceAgentSettings } from '../domain/ice.js';
import { candidatesOf } from '../protocol/candidates.js';
import { formatCandidate, formatDescription, type LegacyForm, type LegacyMessage } from '../protocol/legacy-message.js';
import { OfferError, parseOffer } from '../protocol/offer.js';
import { offerOfCameras } from '../protocol/sdp-for-webrtcbin.js';
import { ReceiveFailure } from './failure.js';
import { LegacySignaling } from './legacy-signaling.js';
import { type Link, type LinkEvents, untilNextAttempt } from './link.js';
import type { Descriptions } from './no-path.js';
import type { PlayerProcess } from './player-process.js';
import { EndedEarly, failureOf, SessionWatch } from './session-watch.js';

export interface LegacyLinkOptions {
  url: URL;
  token: string | null;
  /** Names for the media sections of the sender's offer, in order. */
  cameras: readonly string[];
  player: PlayerProcess;
  events: LinkEvents;
  waits: boolean;
}

/** An offer of a legacy sender, ready for webrtcbin. */
interface CameraOffer {
  text: string;
  cameras: number;
  form: LegacyForm;
}

/** From HELLO to the offer: the sender opens its cameras in between. */
const OFFER_MS = 10_000;
const STEADY_MS = 5_000;
/** Per session: more than any sender gathers. */
const MAX_CANDIDATES = 200;

const HOST_ONLY: IceAgentSettings = {
  stunServer: null,
  turnServers: [],
  udpPorts: null,
  addresses: null,
  announce: [],
  gatheringMs: 250,
};

/** How many cameras the sender at this signaling server offers. @throws ReceiveFailure */
export async function countCameras(url: URL, token: string | null): Promise<number> {
  let take: (message: LegacyMessage) => void = () => undefined;
  const signaling = await LegacySignaling.connect(url, token, message => take(message));
  try {
    const offered = firstOffer(url, listener => {
      take = listener;
    });
    signaling.hello();
    return (await Promise.race([offered, untilClosed(url, signaling)])).cameras;
  } finally {
    signaling.close();
  }
}

/** All cameras of a legacy sender, over one connection to its signaling server and one peer connection. */
export class LegacyLink implements Link {
  readonly #options: LegacyLinkOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #hasWorked = false;
  #failures = 0;

  constructor(options: LegacyLinkOptions) {
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
    const { cameras, events, waits } = this.#options;
    while (!this.#stop.signal.aborted) {
      const failure = await this.#session();
      if (this.#stop.signal.aborted) return;
      if (!this.#hasWorked && !waits && !failure.isTransient) {
        for (const camera of cameras) events.failed(camera, failure);
        return;
      }
      for (const camera of cameras) events.down(camera, failure);
      await untilNextAttempt(this.#failures++, 0, this.#stop.signal);
    }
  }

  async #session(): Promise<ReceiveFailure> {
    const { url, token, player, events } = this.#options;
    const id = randomUUID();
    const descriptions = { local: '', remote: '' };
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, over.signal]);
    const early: string[] = [];
    let candidates = 0;
    let isAnswered = false;
    let take: (message: LegacyMessage) => void = () => undefined;
    let signaling: LegacySignaling | null = null;
    try {
      await player.untilPrepared();
      const onMessage = (message: LegacyMessage): void => {
        if (message.type !== 'candidate') take(message);
        else if (message.value === null || ++candidates > MAX_CANDIDATES) return;
        else if (isAnswered) player.addCandidates(id, [message.value]);
        // Candidates before the answer: the player has no session for them yet.
        else early.push(message.value);
        if (message.type === 'candidate') descriptions.remote += `a=candidate:${message.value}\r\n`;
      };
      signaling = await LegacySignaling.connect(url, token, onMessage, signal);
      const closed = untilClosed(url, signaling);
      const offered = firstOffer(url, listener => {
        take = listener;
      });
      signaling.hello();
      const offer = await Promise.race([offered, closed]);
      const watched = new SessionWatch(signal, camera => {
        this.#hasWorked = true;
        events.live(camera);
      });
      descriptions.remote += offer.text;
      const cameras = this.#camerasFor(offer);
      descriptions.local = await player.answer(id, { cameras, offer: offer.text, ice: HOST_ONLY }, watched);
      signaling.send(formatDescription('answer', descriptions.local, offer.form));
      for (const candidate of candidatesOf(descriptions.local)) signaling.send(formatCandidate(candidate));
      isAnswered = true;
      player.addCandidates(id, early);
      // A second offer starts another negotiation: the sender restarted, or another client said HELLO.
      const renewed = firstOffer(
        url,
        listener => {
          take = listener;
        },
        null,
      ).then(() => {
        throw new ReceiveFailure('unavailable', 'the sender restarted the negotiation');
      });
      renewed.catch(() => undefined);
      return await Promise.race([closed, renewed, this.#watch(watched, descriptions)]);
    } catch (error) {
      if (error instanceof ReceiveFailure) return error;
      if (error instanceof EndedEarly) return failureOf(url.host, error.end, descriptions);
      return new ReceiveFailure('internal', error instanceof Error ? error.message : String(error));
    } finally {
      over.abort();
      player.leave(id);
      signaling?.close();
    }
  }

  async #watch(watched: SessionWatch, descriptions: Descriptions): Promise<ReceiveFailure> {
    const { host } = this.#options.url;
    const beganAt = await watched.firstFrame();
    const end = await watched.end;
    if (performance.now() - beganAt > STEADY_MS) this.#failures = 0;
    return failureOf(host, end, descriptions);
  }

  /** @throws ReceiveFailure if the sender offers more cameras than there are names */
  #camerasFor({ cameras }: CameraOffer): string[] {
    const known = this.#options.cameras;
    if (cameras > known.length)
      throw new ReceiveFailure(
        'unavailable',
        `the sender offers ${cameras} cameras, and only ${known.length} are expected`,
        'Name as many cameras, or restart this command',
      );
    return known.slice(0, cameras);
  }
}

/** Rejects when the connection ends. */
function untilClosed(url: URL, signaling: LegacySignaling): Promise<never> {
  const closed = signaling.closed.then(why => {
    throw new ReceiveFailure('unavailable', `${url.host} closed the connection (${why})`);
  });
  closed.catch(() => undefined);
  return closed;
}

/** @param timeoutMs null waits forever @throws ReceiveFailure */
function firstOffer(
  url: URL,
  onMessages: (listener: (message: LegacyMessage) => void) => void,
  timeoutMs: number | null = OFFER_MS,
): Promise<CameraOffer> {
  return new Promise((resolve, reject) => {
    const timer =
      timeoutMs === null
        ? undefined
        : setTimeout(
            () =>
              reject(
                new ReceiveFailure(
                  'unavailable',
                  `no sender answered at ${url.host} within ${timeoutMs / 1000} s`,
                  'Start the sender',
                ),
              ),
            timeoutMs,
          );
    onMessages(message => {
      if (message.type !== 'description' || message.kind !== 'offer') return;
      clearTimeout(timer);
      try {
        resolve({ ...offerOfCameras(parseOffer(message.sdp, 'publish')), form: message.form });
      } catch (error) {
        if (!(error instanceof OfferError)) reject(error);
        else
          reject(
            new ReceiveFailure(
              error.code === 'no-common-codec' ? 'no-common-codec' : 'invalid-answer',
              `the offer of the sender at ${url.host} cannot be used: ${error.message}`,
            ),
          );
      }
    });
  });
}
