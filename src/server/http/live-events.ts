import { allows, type Grant } from '../../domain/access.js';
import type { Cameras } from '../../domain/cameras.js';
import type { Camera, Event, Session } from '../../domain/contract.js';
import type { EventBus } from '../../domain/events.js';
import { Failure } from '../../domain/failure.js';
import type { FreshnessWatch } from '../../domain/freshness.js';
import type { Log } from '../../domain/log.js';
import type { Sessions } from '../../domain/sessions.js';
import { allClosed, CLOSE, type ClientSocket, type ConnectionLimit, checkLimit } from '../../domain/web-sockets.js';
import { CameraUpdates } from './camera-updates.js';
import { FreshnessTicker } from './freshness-ticker.js';

export interface LiveEventsOptions {
  cameras: Cameras;
  sessions: Sessions;
  events: EventBus;
  freshness: FreshnessWatch;
  log: Log;
  aliveMs?: number;
  pingMs?: number;
  measurementsMs?: number;
}

/** The part of a WebSocket that this module uses. */
export interface Socket extends ClientSocket {
  on(event: 'pong' | 'message' | 'close', listener: () => void): void;
}

export interface Listener {
  /** As the limits count it. */
  address: string;
  grant: Grant;
  /** Interval of `freshness` messages in ms; undefined for none. */
  freshnessMs?: number | undefined;
  /** The current permissions of the same token. @throws Failure */
  identify(): Promise<Grant>;
}

interface Connection extends Listener {
  readonly socket: Socket;
  answered: boolean;
}

const LIMIT: ConnectionLimit = {
  // A control room behind one address; every page and every program has one.
  perAddress: 32,
  // Each costs some kB and, while cameras are open, one message per second and camera.
  total: 256,
  connections: 'event connections',
  remedy: 'Close one of them, or poll GET /api/v1/cameras.',
};
/** Bytes queued for one client: a snapshot of a hundred cameras with a thousand sessions is half of it. */
const MAX_UNREAD = 1_048_576;
const ALIVE_MS = 2_000;
const PING_MS = 15_000;

/**
 * Sends each listener the events of the cameras and sessions that it may see. Nothing is queued for a client that is
 * disconnected or slow: a connection begins with a snapshot, and one that does not read is closed.
 */
export class LiveEvents {
  readonly #options: LiveEventsOptions;
  readonly #connections = new Set<Connection>();
  readonly #updates: CameraUpdates;
  readonly #ticker: FreshnessTicker;
  #stops: (() => void)[] = [];
  #isClosed = false;

  constructor(options: LiveEventsOptions) {
    this.#options = options;
    this.#updates = new CameraUpdates(id => this.#sendCamera('camera-changed', id), options.measurementsMs);
    this.#ticker = new FreshnessTicker(options.freshness, options.log);
  }

  start(): void {
    if (this.#stops.length > 0) return;
    const { events, aliveMs = ALIVE_MS, pingMs = PING_MS } = this.#options;
    const alive = setInterval(() => this.#broadcast({ type: 'alive', at: new Date().toISOString() }), aliveMs).unref();
    const ping = setInterval(() => {
      for (const connection of [...this.#connections]) void this.#check(connection);
    }, pingMs).unref();
    const sendSession = (type: 'session-opened' | 'session-connected' | 'session-ended') => {
      return ({ session }: { session: Session }) => this.#broadcast({ type, session }, session.camera);
    };
    this.#stops = [
      () => clearInterval(alive),
      () => clearInterval(ping),
      events.on('cameraChanged', ({ camera }) => this.#cameraChanged(camera)),
      events.on('viewersChanged', ({ camera }) => this.#cameraChanged(camera)),
      events.on('cameraAdded', ({ camera }) => this.#cameraAdded(camera)),
      events.on('camerasOrdered', () => this.#broadcastAll()),
      events.on('cameraRemoved', ({ camera }) => this.#cameraRemoved(camera)),
      events.on('sessionOpened', sendSession('session-opened')),
      events.on('sessionConnected', sendSession('session-connected')),
      events.on('sessionEnded', sendSession('session-ended')),
    ];
  }

  /** Closes all connections, and resolves when they are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops.splice(0)) stop();
    this.#updates.close();
    this.#ticker.close();
    this.#broadcast({ type: 'server-stopping' });
    const closing = [...this.#connections].map(({ socket }) => ({
      closed: new Promise<void>(resolve => socket.on('close', resolve)),
      terminate: () => socket.terminate(),
    }));
    for (const { socket } of this.#connections) socket.close(CLOSE.goingAway, 'the server is being stopped');
    await allClosed(closing);
  }

  /** Checks that another client may listen. @throws Failure too-many-requests */
  admit(address: string): void {
    const addresses = [...this.#connections].map(connection => connection.address);
    checkLimit(addresses, address, LIMIT);
  }

  /** Call `admit` first. */
  listen(socket: Socket, listener: Listener): void {
    // The server closed while the token was being verified.
    if (this.#isClosed) {
      socket.close(CLOSE.goingAway, 'the server is being stopped');
      return;
    }
    const connection: Connection = { ...listener, socket, answered: true };
    this.#connections.add(connection);
    socket.on('close', () => void this.#connections.delete(connection));
    socket.on('pong', () => {
      connection.answered = true;
    });
    socket.on('message', () => socket.close(CLOSE.unsupportedData, 'this server accepts no messages'));
    this.#sendAll(connection);
    const { freshnessMs } = listener;
    if (freshnessMs !== undefined)
      socket.on(
        'close',
        this.#ticker.add(freshnessMs, () => this.#sendAges(connection)),
      );
  }

  #sendAges(connection: Connection): void {
    const { cameras, freshness } = this.#options;
    const shown = cameras.list().filter(({ id }) => allows(connection.grant, 'view', id));
    const event: Event = {
      type: 'freshness',
      cameras: shown.map(({ id, state }) => {
        const { ageMs = null, sessions = new Map() } = freshness.freshness(id) ?? {};
        return {
          id,
          state,
          ageMs: rounded(ageMs),
          sessions: [...sessions].map(([session, { movedMs, heardMs }]) => ({
            id: session,
            movedMs: rounded(movedMs),
            heardMs: rounded(heardMs),
          })),
        };
      }),
    };
    this.#send(connection, JSON.stringify(event));
  }

  #sendAll(connection: Connection): void {
    const { cameras, sessions } = this.#options;
    const sees = (camera: string): boolean => allows(connection.grant, 'view', camera);
    const snapshot: Event = {
      type: 'snapshot',
      at: new Date().toISOString(),
      permissions: [...connection.grant.permissions],
      cameras: cameras.list(id => allows(connection.grant, 'admin', id)).filter(({ id }) => sees(id)),
      sessions: sessions.list('active').filter(({ camera }) => sees(camera)),
    };
    this.#send(connection, JSON.stringify(snapshot));
  }

  #broadcastAll(): void {
    for (const connection of [...this.#connections]) this.#sendAll(connection);
  }

  #camera(id: string, whole = true): Camera | undefined {
    return this.#options.cameras.list(() => whole).find(camera => camera.id === id);
  }

  #cameraAdded(id: string): void {
    if (this.#connections.size > 0) this.#sendCamera('camera-added', id);
  }

  #cameraChanged(id: string): void {
    if (this.#connections.size === 0) return;
    const camera = this.#camera(id);
    if (camera !== undefined) this.#updates.changed(camera);
  }

  /** As GET shows it to each listener: the launch line of a `gst` source is for admins only. */
  #sendCamera(type: 'camera-added' | 'camera-changed', id: string): void {
    const texts = [false, true].map(whole => {
      const camera = this.#camera(id, whole);
      return camera && JSON.stringify({ type, camera } satisfies Event);
    });
    for (const connection of [...this.#connections]) {
      const text = texts[Number(allows(connection.grant, 'admin', id))];
      if (text !== undefined && allows(connection.grant, 'view', id)) this.#send(connection, text);
    }
  }

  #cameraRemoved(id: string): void {
    this.#updates.forget(id);
    this.#broadcast({ type: 'camera-removed', id }, id);
  }

  /** @param about the camera that a listener must be allowed to see */
  #broadcast(event: Event, about?: string): void {
    if (this.#connections.size === 0) return;
    const text = JSON.stringify(event);
    for (const connection of [...this.#connections])
      if (about === undefined || allows(connection.grant, 'view', about)) this.#send(connection, text);
  }

  #send({ socket, address, grant }: Connection, text: string): void {
    socket.send(text);
    if (socket.bufferedAmount <= MAX_UNREAD) return;
    this.#options.log.warn({ address, by: grant.name }, 'event connection closed: the client does not read');
    socket.terminate();
  }

  /** Closes the connection if the client no longer answers, or its token no longer allows it to listen. */
  async #check(connection: Connection): Promise<void> {
    const { socket, answered, identify } = connection;
    if (!answered) return socket.terminate();
    connection.answered = false;
    socket.ping();
    try {
      const grant = await identify();
      if (!allows(grant, 'view')) throw new Failure('forbidden', 'The token may no longer see any camera.');
      const same = JSON.stringify(grant.permissions) === JSON.stringify(connection.grant.permissions);
      connection.grant = grant;
      if (!same) this.#sendAll(connection);
    } catch (error) {
      // The token was valid at the last check, and cannot be verified now.
      if (error instanceof Failure && error.code === 'keys-unavailable') return;
      socket.close(
        CLOSE.policy,
        error instanceof Failure ? closeReason(error.message) : 'the token cannot be verified',
      );
    }
  }
}

const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));

/** At most 123 bytes, the limit of a close frame (RFC 6455 §5.5); a character that is not ASCII may take several. */
const closeReason = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 123);
