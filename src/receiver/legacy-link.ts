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
  /** Names for the sections of the sender's offer, in its order. */
  cameras: readonly string[];
  player: PlayerProcess;
  events: LinkEvents;
  waits: boolean;
}

/** An offer of an old sender, ready for webrtcbin. */
interface CameraOffer {
  text: string;
  cameras: number;
  form: LegacyForm;
}

/** From HELLO to the offer: a sender opens its cameras first. */
const OFFER_MS = 10_000;
const STEADY_MS = 5_000;
/** Of a session: more than any sender finds. */
const MAX_CANDIDATES = 200;

const HOST_ONLY: IceAgentSettings = {
  stunServer: null,
  turnServers: [],
  udpPorts: null,
  addresses: null,
  announce: [],
  gatheringMs: 250,
};

/** How many cameras the sender offers that answers there. @throws ReceiveFailure */
export async function countCameras(url: URL, token: string | null): Promise<number> {
  let take: (message: LegacyMessage) => void = () => undefined;
  const signaling = await LegacySignaling.connect(url, token, message => take(message));
  try {
    const offered = firstOffer(url, listener => {
      take = listener;
    });
    signaling.hello();
    return (await Promise.race([offered, goneFrom(url, signaling)])).cameras;
  } finally {
    signaling.close();
  }
}

/** All cameras of an old sender, over one connection to its signaling server and one peer connection. */
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
      if (!this.#hasWorked && !waits && !failure.passes) {
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
    const said = { here: '', there: '' };
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, over.signal]);
    const early: string[] = [];
    let candidates = 0;
    let isAnswered = false;
    let take: (message: LegacyMessage) => void = () => undefined;
    let signaling: LegacySignaling | null = null;
    try {
      await player.untilPrepared();
      const hear = (message: LegacyMessage): void => {
        if (message.type !== 'candidate') take(message);
        else if (message.value === null || ++candidates > MAX_CANDIDATES) return;
        else if (isAnswered) player.addCandidates(id, [message.value]);
        // They come of the offer, and there is nothing to give them to before it is answered.
        else early.push(message.value);
        if (message.type === 'candidate') said.there += `a=candidate:${message.value}\r\n`;
      };
      signaling = await LegacySignaling.connect(url, token, hear, signal);
      const gone = goneFrom(url, signaling);
      const offered = firstOffer(url, listener => {
        take = listener;
      });
      signaling.hello();
      const offer = await Promise.race([offered, gone]);
      const watched = new SessionWatch(signal, camera => {
        this.#hasWorked = true;
        events.live(camera);
      });
      said.there += offer.text;
      const cameras = this.#camerasFor(offer);
      said.here = await player.answer(id, { cameras, offer: offer.text, ice: HOST_ONLY }, watched);
      signaling.send(formatDescription('answer', said.here, offer.form));
      for (const candidate of candidatesOf(said.here)) signaling.send(formatCandidate(candidate));
      isAnswered = true;
      player.addCandidates(id, early);
      // Another offer is another negotiation: the sender was started anew, or somebody said HELLO.
      const renewed = firstOffer(
        url,
        listener => {
          take = listener;
        },
        null,
      ).then(() => {
        throw new ReceiveFailure('unavailable', 'the sender began anew');
      });
      renewed.catch(() => undefined);
      return await Promise.race([gone, renewed, this.#watch(watched, said)]);
    } catch (error) {
      if (error instanceof ReceiveFailure) return error;
      if (error instanceof EndedEarly) return failureOf(url.host, error.end, said);
      return new ReceiveFailure('internal', error instanceof Error ? error.message : String(error));
    } finally {
      over.abort();
      player.leave(id);
      signaling?.close();
    }
  }

  async #watch(watched: SessionWatch, said: Descriptions): Promise<ReceiveFailure> {
    const { host } = this.#options.url;
    const beganAt = await watched.firstFrame();
    const end = await watched.end;
    if (performance.now() - beganAt > STEADY_MS) this.#failures = 0;
    return failureOf(host, end, said);
  }

  /** @throws ReceiveFailure if it offers more than there are places for */
  #camerasFor({ cameras }: CameraOffer): string[] {
    const known = this.#options.cameras;
    if (cameras > known.length)
      throw new ReceiveFailure(
        'unavailable',
        `the sender offers ${cameras} cameras and there are places for ${known.length}`,
        'Name as many, or start this anew',
      );
    return known.slice(0, cameras);
  }
}

/** Rejects when the connection ends. */
function goneFrom(url: URL, signaling: LegacySignaling): Promise<never> {
  const gone = signaling.closed.then(why => {
    throw new ReceiveFailure('unavailable', `${url.host} has closed the connection (${why})`);
  });
  gone.catch(() => undefined);
  return gone;
}

/** @param timeoutMs null for whenever it comes @throws ReceiveFailure */
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
