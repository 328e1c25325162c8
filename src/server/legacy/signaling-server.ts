import { setTimeout as delay } from 'node:timers/promises';
import { allows, NOBODY } from '../../domain/access.js';
import type { Cameras } from '../../domain/cameras.js';
import type { Config } from '../../domain/contract.js';
import type { EventBus } from '../../domain/events.js';
import { Failure } from '../../domain/failure.js';
import type { LegacyClientInfo, LegacySignaling, LegacySocket } from '../../domain/legacy.js';
import type { Log } from '../../domain/log.js';
import type { MultiCameraConnections } from '../../domain/multi-camera.js';
import type { Sessions } from '../../domain/sessions.js';
import { allClosed, CLOSE, type ConnectionLimit, checkLimit } from '../../domain/web-sockets.js';
import type { LegacyMessage } from '../../protocol/legacy-message.js';
import { LegacyClient } from './client.js';
import { ClientHistory } from './client-history.js';
import { LegacyReceiver } from './receiver.js';
import type { LegacySender } from './sender.js';
import { Senders } from './senders.js';

export interface LegacySignalingOptions {
  /** What holds now. */
  settings: Readonly<Config['legacy']>;
  cameras: Cameras;
  sessions: Sessions;
  connections: MultiCameraConnections;
  events: EventBus;
  /** The cameras of old senders that there are now, by their ids. */
  setEphemeral(cameras: readonly { id: string; name: string }[]): void;
  /** ms that the cameras of a sender who left wait for it. */
  returnMs(): number;
  log: Log;
  /** From one look at whether a client is still there, and may be, to the next. */
  pingMs?: number;
}

/** What a client has turned out to be. Who says HELLO is a receiver, until it offers: then it is a sender. */
type Role = { kind: 'receiver'; receiver: LegacyReceiver } | { kind: 'sender'; sender: LegacySender };

/** What is relayed is of no camera: whoever's rights are limited to some has none to it. */
const NO_CAMERA = '';
const LIMIT: ConnectionLimit = {
  perAddress: 16,
  total: 64,
  connections: 'connections of the first system',
  remedy: 'Close one of them.',
};
const PING_MS = 15_000;
/** Receivers say HELLO at once; who has said nothing for so long is likely a sender that waits for one. */
const SILENT_MS = 1_000;
/** For a sender to say OK. */
const OK_MS = 300;
/** For a sender that has said OK to offer: it opens its cameras first. */
const OFFER_MS = 5_000;
/** The signaling of the first system: whoever is connected, and what becomes of what they say. */
export class LegacySignalingServer implements LegacySignaling {
  readonly #options: LegacySignalingOptions;
  readonly #clients = new Map<LegacyClient, Role | null>();
  readonly #senders: Senders;
  readonly #history = new ClientHistory();
  #mode: Config['legacy']['mode'] | null = null;
  #stops: (() => void)[] = [];
  #isClosed = false;

  constructor(options: LegacySignalingOptions) {
    this.#options = options;
    this.#senders = new Senders({
      ...options,
      maySend: (client, camera) => allows(client.info.grant, 'publish', camera),
    });
  }

  start(): void {
    const { events } = this.#options;
    this.#mode = this.#options.settings.mode;
    const ping = setInterval(() => {
      for (const client of [...this.#clients.keys()]) {
        client.ping();
        void this.#identify(client);
      }
    }, this.#options.pingMs ?? PING_MS).unref();
    this.#stops = [() => clearInterval(ping), events.on('sessionEnded', ({ session }) => this.#sessionEnded(session))];
    this.#expectStrangers();
  }

  /** Other settings hold now. */
  settingsChanged(): void {
    const { mode } = this.#options.settings;
    if (this.#mode === null || mode === this.#mode) return;
    this.#mode = mode;
    for (const client of [...this.#clients.keys()]) client.close(CLOSE.serviceRestart, 'legacy.mode has changed');
    this.#senders.clear();
    this.#expectStrangers();
  }

  /** The cameras are others now. */
  camerasChanged(): void {
    this.#senders.camerasChanged();
  }

  /** Says goodbye to all, and resolves when they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops.splice(0)) stop();
    const clients = [...this.#clients.keys()];
    for (const client of clients) client.close(CLOSE.goingAway, 'the server is being stopped');
    this.#senders.close();
    await allClosed(clients);
  }

  /** Whether another one may come in. @throws Failure */
  admit(address: string): void {
    if (this.#options.settings.mode === 'off')
      throw new Failure('not-found', 'The signaling of the first system is off.', {
        remedy: 'Set legacy.mode, or use WHEP: POST /whep/{camera}.',
      });
    const addresses = [...this.#clients.keys()].map(({ info }) => info.address);
    checkLimit(addresses, address, LIMIT);
  }

  /** To be called for who was admitted. */
  join(socket: LegacySocket, info: LegacyClientInfo): void {
    const client: LegacyClient = new LegacyClient(
      socket,
      info,
      {
        heard: (message, text) => this.#heard(client, message, text),
        closed: broke => this.#gone(client, broke),
      },
      this.#options.log,
    );
    this.#clients.set(client, null);
    if (this.#isClosed) {
      client.close(CLOSE.goingAway, 'the server is being stopped');
      return;
    }
    if (this.#options.settings.mode === 'relay') return;
    this.#options.connections.prepareConnections();
    const silent = setTimeout(() => this.#presume(client), SILENT_MS);
    void client.closed.then(() => clearTimeout(silent));
  }

  /** A camera of a sender is open and waits for pictures, or is closed again. */
  senderWanted(camera: string, wanted: boolean): void {
    this.#senders.of(camera)?.want(camera, wanted);
  }

  #heard(client: LegacyClient, message: LegacyMessage, text: string): void {
    const { mode } = this.#options.settings;
    if (mode === 'relay') {
      this.#relay(client, message, text);
      return;
    }
    const role = this.#clients.get(client) ?? null;
    switch (message.type) {
      case 'hello':
        this.#hello(client, role);
        return;
      case 'ok':
        if (role?.kind === 'sender') role.sender.heardOk();
        return;
      case 'description':
        if (message.kind === 'offer') this.#offer(client, role, message.sdp);
        else if (role?.kind === 'receiver') {
          this.#history.answered(client.info.address);
          role.receiver.answer(message.sdp);
        } else client.protocolViolation(CLOSE.protocolError, 'an answer without an offer');
        return;
      case 'candidate':
        if (message.value === null) return;
        if (role?.kind === 'sender') role.sender.candidate(message.value);
        else role?.receiver.candidate(message.value);
        return;
      case 'unknown':
        this.#options.log.debug({ address: client.info.client.address }, 'old client said something else');
    }
  }

  /** Pictures go from client to client, so that their rights are those to offer them and to be offered them. */
  #relay(client: LegacyClient, message: LegacyMessage, text: string): void {
    const isOffer = message.type === 'description' && message.kind === 'offer';
    if (isOffer && !allows(client.info.grant, 'publish', NO_CAMERA)) {
      client.protocolViolation(
        CLOSE.policy,
        'it may not send: its token does not have the role "publish" for all cameras',
      );
      return;
    }
    for (const other of this.#clients.keys())
      if (other !== client && (!isOffer || allows(other.info.grant, 'view', NO_CAMERA))) other.say(text);
  }

  #hello(client: LegacyClient, role: Role | null): void {
    if (role?.kind === 'receiver') {
      void role.receiver.hello();
      return;
    }
    // A sender of the kind that says HELLO itself.
    if (role?.sender.isProven) return;
    if (role) this.#senders.remove(role.sender);
    const { sessions, connections, log } = this.#options;
    const receiver = new LegacyReceiver({
      client,
      sessions,
      connections: connections,
      log,
      cameras: signal => this.#camerasFor(client, signal),
    });
    this.#clients.set(client, { kind: 'receiver', receiver });
    void receiver.hello();
  }

  #offer(client: LegacyClient, role: Role | null, sdp: string): void {
    if (this.#options.settings.mode !== 'auto') {
      client.protocolViolation(CLOSE.policy, 'nobody may send here: legacy.mode is "sender"');
      return;
    }
    if (!allows(client.info.grant, 'publish')) {
      client.protocolViolation(CLOSE.policy, 'it may not send: its token does not have the role "publish"');
      return;
    }
    if (role?.kind === 'receiver') {
      this.#history.offered(client.info.address);
      role.receiver.close('renegotiated', 'it is a sender');
    }
    const sender = role?.kind === 'sender' ? role.sender : this.#makeSender(client, true);
    if (sender) void sender.offer(sdp);
    else client.close(CLOSE.tryAgainLater, 'there is no place for it: 8 senders, or a token that is limited to others');
  }

  #presume(client: LegacyClient): void {
    const isUndecided = this.#clients.get(client) === null && !client.isClosed;
    if (isUndecided && this.#options.settings.mode === 'auto' && allows(client.info.grant, 'publish'))
      this.#makeSender(client, false);
  }

  /** @param offers whether it does so by itself; else it is told when somebody wants to see it */
  #makeSender(client: LegacyClient, offers: boolean): LegacySender | null {
    const sender = this.#senders.add(client, { offers });
    if (sender) this.#clients.set(client, { kind: 'sender', sender });
    return sender;
  }

  /**
   * What a receiver is offered: the cameras that it names, else those of old senders, else this server's own.
   * @throws Failure
   */
  async #camerasFor(client: LegacyClient, signal: AbortSignal): Promise<readonly string[]> {
    const { cameras, settings } = this.#options;
    const { info } = client;
    const sees = (camera: string): boolean => allows(info.grant, 'view', camera);
    await this.#awaitItsOffer(client, signal);
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
        // Nobody publishes it, or in a codec that no old receiver takes, so there is nothing to show.
        const isPublished = publisher !== null ? (video?.codec ?? 'H264') === 'H264' : state === 'lost';
        const isEmpty = source === 'whip' && !isPublished;
        return source !== 'legacy' && !isEmpty && sees(id);
      })
      .map(({ id }) => id);
  }

  /** Of one that may be a sender of the kind that says HELLO: see Suspects. */
  async #awaitItsOffer({ info }: LegacyClient, signal: AbortSignal): Promise<void> {
    // Those know no other form, and ask for no cameras.
    const mayOffer = info.form === 'nested' && info.cameras === null && allows(info.grant, 'publish');
    if (!mayOffer || this.#options.settings.mode !== 'auto') return;
    const isHere = this.#senders.all().some(sender => sender.client?.info.address === info.address);
    // There is nothing else that one who may not watch can have come for.
    const ms = allows(info.grant, 'view') ? this.#history.helloTimeoutMs(info.address, isHere) : OFFER_MS;
    if (ms > 0) await delay(ms, undefined, { signal }).catch(() => undefined);
  }

  async #sendersCameras(): Promise<string[]> {
    for (const client of [...this.#clients.keys()]) this.#presume(client);
    const senders = this.#senders.all();
    await Promise.all(
      senders
        .filter(({ isProven }) => !isProven)
        .map(sender => {
          sender.probe();
          return sender.until('ok', OK_MS);
        }),
    );
    const proven = senders.filter(({ isProven }) => isProven);
    await Promise.all(proven.filter(({ hasOffered }) => !hasOffered).map(sender => sender.until('offer', OFFER_MS)));
    // One that only says OK is not to stand in the way of the robot's own.
    return proven.filter(({ hasOffered }) => hasOffered).flatMap(sender => sender.cameras);
  }

  #gone(client: LegacyClient, broke: boolean): void {
    const role = this.#clients.get(client);
    this.#clients.delete(client);
    const reason = this.#isClosed ? 'shutdown' : broke ? 'protocol-error' : 'peer-closed';
    if (role?.kind === 'receiver') {
      if (role.receiver.owesAnAnswer) this.#history.left(client.info.address);
      role.receiver.close(reason, null);
    } else if (role?.kind === 'sender') this.#senders.gone(role.sender, reason);
  }

  /** Its token may have expired or been taken away. What it has goes on, as of all sessions; it begins nothing more. */
  async #identify(client: LegacyClient): Promise<void> {
    const { info } = client;
    try {
      info.grant = await info.identify();
    } catch (error) {
      // Where it cannot be known now, what was known before holds.
      if (!(error instanceof Failure) || error.code !== 'unauthorized') return;
      info.grant = NOBODY;
    }
    const mayStay = allows(info.grant, 'view') || allows(info.grant, 'publish');
    if (!mayStay && this.#clients.get(client) === null) client.close(CLOSE.policy, 'it may not be here any more');
  }

  #sessionEnded({ id, ended }: { id: string; ended: { reason: string; detail: string | null } | null }): void {
    // Nobody is to begin anew: what is connected is told so when HTTP is closed.
    if (ended?.reason === 'shutdown') return;
    for (const [client, role] of this.#clients) {
      if (role?.kind === 'sender') role.sender.sessionEnded(id);
      else if (role?.receiver.sessionEnded(id)) {
        const { reason, detail } = ended ?? { reason: 'ended', detail: null };
        client.close(CLOSE.tryAgainLater, detail === null ? reason : `${reason}: ${detail}`);
      }
    }
  }

  /** Clients that were let in without a token are likely to come: they are to find everything warm. */
  #expectStrangers(): void {
    const { mode, anonymous, networks } = this.#options.settings;
    if (mode === 'off' || !anonymous) return;
    if (mode !== 'relay') this.#options.connections.prepareConnections();
    this.#options.log.warn(
      { mode, networks: networks.length === 0 ? 'any' : networks },
      'clients of the first system need no token (legacy.anonymous)',
    );
  }
}
