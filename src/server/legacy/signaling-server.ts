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
import { OfferedCameras } from './offered-cameras.js';
import { LegacyReceiver } from './receiver.js';
import type { LegacySender } from './sender.js';
import { Senders } from './senders.js';

export interface LegacySignalingOptions {
  /** The current settings. */
  settings: Readonly<Config['legacy']>;
  cameras: Cameras;
  sessions: Sessions;
  connections: MultiCameraConnections;
  events: EventBus;
  /** Replaces the cameras of legacy senders, by their ids. */
  setEphemeral(cameras: readonly { id: string; name: string }[]): void;
  /** ms that the cameras of a disconnected sender are kept. */
  returnMs(): number;
  log: Log;
  /** Interval of the checks that a client is still connected, and still allowed to be. */
  pingMs?: number;
}

/** What a client has turned out to be. A client that says HELLO is a receiver, until it offers: then it is a sender. */
type Role = { kind: 'receiver'; receiver: LegacyReceiver } | { kind: 'sender'; sender: LegacySender };

/** Relayed video belongs to no camera: a grant that is limited to some cameras does not cover it. */
const NO_CAMERA = '';
const LIMIT: ConnectionLimit = {
  perAddress: 16,
  total: 64,
  connections: 'legacy signaling connections',
  remedy: 'Close one of them.',
};
const PING_MS = 15_000;
/** Receivers say HELLO at once; a client that is silent for this long is likely a sender that waits for one. */
const SILENT_MS = 1_000;

/** The legacy signaling: its connected clients, their roles, and the handling of their messages. */
export class LegacySignalingServer implements LegacySignaling {
  readonly #options: LegacySignalingOptions;
  readonly #clients = new Map<LegacyClient, Role | null>();
  readonly #senders: Senders;
  readonly #history = new ClientHistory();
  readonly #offered: OfferedCameras;
  #mode: Config['legacy']['mode'] | null = null;
  #stops: (() => void)[] = [];
  #isClosed = false;

  constructor(options: LegacySignalingOptions) {
    this.#options = options;
    this.#senders = new Senders({
      ...options,
      maySend: (client, camera) => allows(client.info.grant, 'publish', camera),
    });
    const { settings, cameras } = options;
    this.#offered = new OfferedCameras({
      settings,
      cameras,
      senders: this.#senders,
      history: this.#history,
      presumeSenders: () => {
        for (const client of [...this.#clients.keys()]) this.#presumeSender(client);
      },
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
    this.#prepareForAnonymous();
  }

  /** The settings have changed. */
  settingsChanged(): void {
    const { mode } = this.#options.settings;
    if (this.#mode === null || mode === this.#mode) return;
    this.#mode = mode;
    for (const client of [...this.#clients.keys()]) client.close(CLOSE.serviceRestart, 'legacy.mode has changed');
    this.#senders.clear();
    this.#prepareForAnonymous();
  }

  /** The configured cameras have changed. */
  camerasChanged(): void {
    this.#senders.camerasChanged();
  }

  /** Closes all connections, and resolves when they are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops.splice(0)) stop();
    const clients = [...this.#clients.keys()];
    for (const client of clients) client.close(CLOSE.goingAway, 'the server is shutting down');
    this.#senders.close();
    await allClosed(clients);
  }

  /** Whether another client may connect. @throws Failure */
  admit(address: string): void {
    if (this.#options.settings.mode === 'off')
      throw new Failure('not-found', 'Legacy signaling is off.', {
        remedy: 'Set legacy.mode, or use WHEP: POST /whep/{camera}.',
      });
    const addresses = [...this.#clients.keys()].map(({ info }) => info.address);
    checkLimit(addresses, address, LIMIT);
  }

  /** Call for a client that was admitted. */
  join(socket: LegacySocket, info: LegacyClientInfo): void {
    const client: LegacyClient = new LegacyClient(
      socket,
      info,
      {
        received: (message, text) => this.#received(client, message, text),
        closed: hasViolated => this.#closed(client, hasViolated),
      },
      this.#options.log,
    );
    this.#clients.set(client, null);
    if (this.#isClosed) {
      client.close(CLOSE.goingAway, 'the server is shutting down');
      return;
    }
    if (this.#options.settings.mode === 'relay') return;
    this.#options.connections.prepareConnections();
    const silent = setTimeout(() => this.#presumeSender(client), SILENT_MS);
    void client.closed.then(() => clearTimeout(silent));
  }

  /** A camera of a sender is open and waits for frames, or is closed again. */
  senderWanted(camera: string, wanted: boolean): void {
    this.#senders.find(camera)?.setWanted(camera, wanted);
  }

  #received(client: LegacyClient, message: LegacyMessage, text: string): void {
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
        if (role?.kind === 'sender') role.sender.receivedOk();
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
        this.#options.log.debug({ address: client.info.client.address }, 'unknown message from legacy client');
    }
  }

  /** Clients exchange video directly, so their roles decide who may offer it and who may be offered it. */
  #relay(client: LegacyClient, message: LegacyMessage, text: string): void {
    const isOffer = message.type === 'description' && message.kind === 'offer';
    if (isOffer && !allows(client.info.grant, 'publish', NO_CAMERA)) {
      client.protocolViolation(
        CLOSE.policy,
        'the client may not send: its token lacks the role "publish" for all cameras',
      );
      return;
    }
    for (const other of this.#clients.keys())
      if (other !== client && (!isOffer || allows(other.info.grant, 'view', NO_CAMERA))) other.send(text);
  }

  #hello(client: LegacyClient, role: Role | null): void {
    if (role?.kind === 'receiver') {
      void role.receiver.hello();
      return;
    }
    // A sender that says HELLO itself.
    if (role?.sender.isProven) return;
    if (role) this.#senders.remove(role.sender);
    const { sessions, connections, log } = this.#options;
    const receiver = new LegacyReceiver({
      client,
      sessions,
      connections,
      log,
      cameras: signal => this.#offered.choose(client.info, signal),
    });
    this.#clients.set(client, { kind: 'receiver', receiver });
    void receiver.hello();
  }

  #offer(client: LegacyClient, role: Role | null, sdp: string): void {
    if (this.#options.settings.mode !== 'auto') {
      client.protocolViolation(CLOSE.policy, 'sending is disabled: legacy.mode is "sender"');
      return;
    }
    if (!allows(client.info.grant, 'publish')) {
      client.protocolViolation(CLOSE.policy, 'the client may not send: its token lacks the role "publish"');
      return;
    }
    if (role?.kind === 'receiver') {
      this.#history.offered(client.info.address);
      role.receiver.close('renegotiated', 'the client is a sender');
    }
    const sender = role?.kind === 'sender' ? role.sender : this.#makeSender(client, true);
    if (sender) void sender.offer(sdp);
    else client.close(CLOSE.tryAgainLater, 'no free sender: the limit is 8, or the token is limited to other cameras');
  }

  #presumeSender(client: LegacyClient): void {
    const isUndecided = this.#clients.get(client) === null && !client.isClosed;
    if (isUndecided && this.#options.settings.mode === 'auto' && allows(client.info.grant, 'publish'))
      this.#makeSender(client, false);
  }

  /** @param offers whether it offers unasked; else it gets a HELLO when its camera is wanted */
  #makeSender(client: LegacyClient, offers: boolean): LegacySender | null {
    const sender = this.#senders.add(client, { offers });
    if (sender) this.#clients.set(client, { kind: 'sender', sender });
    return sender;
  }

  #closed(client: LegacyClient, hasViolated: boolean): void {
    const role = this.#clients.get(client);
    this.#clients.delete(client);
    const reason = this.#isClosed ? 'shutdown' : hasViolated ? 'protocol-error' : 'peer-closed';
    if (role?.kind === 'receiver') {
      if (role.receiver.isAnswerPending) this.#history.left(client.info.address);
      role.receiver.close(reason, null);
    } else if (role?.kind === 'sender') this.#senders.disconnected(role.sender, reason);
  }

  /** Its token may have expired or been revoked. Its sessions continue, as all sessions do; it starts no new ones. */
  async #identify(client: LegacyClient): Promise<void> {
    const { info } = client;
    try {
      info.grant = await info.identify();
    } catch (error) {
      // If it cannot be checked now, the previous grant stays.
      if (!(error instanceof Failure) || error.code !== 'unauthorized') return;
      info.grant = NOBODY;
    }
    const mayStay = allows(info.grant, 'view') || allows(info.grant, 'publish');
    const isUndecided = this.#clients.get(client) === null;
    if (!mayStay && isUndecided) client.close(CLOSE.policy, 'its token no longer allows this connection');
  }

  #sessionEnded({ id, ended }: { id: string; ended: { reason: string; detail: string | null } | null }): void {
    // Clients must not reconnect yet: their connections are closed with HTTP.
    if (ended?.reason === 'shutdown') return;
    for (const [client, role] of this.#clients) {
      if (role?.kind === 'sender') role.sender.sessionEnded(id);
      else if (role?.receiver.sessionEnded(id)) {
        const { reason, detail } = ended ?? { reason: 'ended', detail: null };
        client.close(CLOSE.tryAgainLater, detail === null ? reason : `${reason}: ${detail}`);
      }
    }
  }

  /** Clients without a token are admitted, so some are likely to connect: prepares for a quick first connection. */
  #prepareForAnonymous(): void {
    const { mode, anonymous, networks } = this.#options.settings;
    if (mode === 'off' || !anonymous) return;
    if (mode !== 'relay') this.#options.connections.prepareConnections();
    this.#options.log.warn(
      { mode, networks: networks.length === 0 ? 'any' : networks },
      'legacy clients need no token (legacy.anonymous)',
    );
  }
}
