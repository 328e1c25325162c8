import { setTimeout as delay } from 'node:timers/promises';
import { allows } from '../../domain/access.js';
import type { Cameras } from '../../domain/cameras.js';
import type { Config } from '../../domain/contract.js';
import { Failure } from '../../domain/failure.js';
import type { LegacyClientInfo } from '../../domain/legacy.js';
import type { ClientHistory } from './client-history.js';
import type { Senders } from './senders.js';

export interface OfferedCamerasOptions {
  /** The current settings. */
  settings: Readonly<Config['legacy']>;
  cameras: Cameras;
  senders: Pick<Senders, 'all'>;
  history: ClientHistory;
  /** Makes senders of the clients that have been silent so far. */
  presumeSenders(): void;
}

/** For a sender to say OK. */
const OK_MS = 300;
/** For a sender that has said OK to offer: it opens its cameras first. */
const OFFER_MS = 5_000;

/** Chooses the cameras that a receiver is offered, and waits for senders that have not offered yet. */
export class OfferedCameras {
  readonly #options: OfferedCamerasOptions;

  constructor(options: OfferedCamerasOptions) {
    this.#options = options;
  }

  /**
   * The cameras that the receiver names, else those of legacy senders, else this server's own.
   * @throws Failure
   */
  async choose(info: LegacyClientInfo, signal: AbortSignal): Promise<readonly string[]> {
    const { cameras, settings } = this.#options;
    const sees = (camera: string): boolean => allows(info.grant, 'view', camera);
    await this.#awaitOwnOffer(info, signal);
    if (info.cameras) {
      for (const id of info.cameras) {
        cameras.get(id, sees);
        if (!sees(id)) throw new Failure('forbidden', `It may not watch camera "${id}".`);
      }
      return info.cameras;
    }
    if (settings.mode === 'auto') {
      const ofSenders = (await this.#sendersCameras()).filter(sees);
      if (ofSenders.length > 0) return ofSenders;
    }
    return cameras
      .list()
      .filter(({ id, source, publisher, state, video }) => {
        // Without a publisher, or with one whose codec legacy receivers do not support, there is nothing to show.
        const isPublished = publisher !== null ? (video?.codec ?? 'H264') === 'H264' : state === 'lost';
        const isEmpty = source === 'whip' && !isPublished;
        return source !== 'legacy' && !isEmpty && sees(id);
      })
      .map(({ id }) => id);
  }

  /** Waits for the offer of a client that may be a sender although it says HELLO: see ClientHistory. */
  async #awaitOwnOffer(info: LegacyClientInfo, signal: AbortSignal): Promise<void> {
    const { settings, senders, history } = this.#options;
    // Such senders use the nested form only, and name no cameras.
    const mayOffer = info.form === 'nested' && info.cameras === null && allows(info.grant, 'publish');
    if (!mayOffer || settings.mode !== 'auto') return;
    const hasSender = senders.all().some(sender => sender.client?.info.address === info.address);
    // A client that may not watch can only be a sender.
    const ms = allows(info.grant, 'view') ? history.helloTimeoutMs(info.address, hasSender) : OFFER_MS;
    if (ms > 0) await delay(ms, undefined, { signal }).catch(() => undefined);
  }

  async #sendersCameras(): Promise<string[]> {
    this.#options.presumeSenders();
    const senders = this.#options.senders.all();
    await Promise.all(
      senders
        .filter(({ isProven }) => !isProven)
        .map(sender => {
          sender.probe();
          return sender.waitFor('ok', OK_MS);
        }),
    );
    const proven = senders.filter(({ isProven }) => isProven);
    await Promise.all(proven.filter(({ hasOffered }) => !hasOffered).map(sender => sender.waitFor('offer', OFFER_MS)));
    // A sender that only says OK must not hide the robot's own cameras.
    return proven.filter(({ hasOffered }) => hasOffered).flatMap(sender => sender.cameras);
  }
}
