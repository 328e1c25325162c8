import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { EndReason } from '../../domain/contract.js';
import type { EventBus } from '../../domain/events.js';
import { Failure } from '../../domain/failure.js';
import { formatEvent, formatRetry, HEARTBEAT } from '../../protocol/server-sent-event.js';

/** The events of WHEP's extension that this server sends. */
export const EVENT_TYPES = ['active', 'inactive', 'viewercount', 'reconnect'] as const;
type EventType = (typeof EVENT_TYPES)[number];

export interface EventStreamsOptions {
  events: EventBus;
  /** Whether a camera delivers frames. */
  isActive(camera: string): boolean;
  viewersOf(camera: string): number;
  /** The interval between comments: well below the timeouts of this server and of proxies. */
  heartbeatMs?: number;
  /** How long changes of a camera's viewer count are collected before one event is sent. */
  viewerCountMs?: number;
}

interface Stream {
  readonly camera: string;
  readonly wanted: ReadonlySet<string>;
  /** Null while no client is connected. */
  listener: Listener | null;
  /** The last state that the current listener was sent. */
  sent: { active: boolean; viewers: number | null };
  /** Whether `active` was ever sent on this stream. */
  wasActive: boolean;
}

interface Listener {
  readonly body: Readable;
  /** Closes the connection. */
  drop(): void;
}

const NOTHING: Stream['sent'] = { active: false, viewers: null };
const MAX_STREAMS = 4;
const RETRY_MS = 2_000;
/** Bytes queued for one client: hundreds of events, so it has stopped reading. */
const MAX_UNREAD = 16_384;
// Ended by this server, or by a network that still lets HTTP through: a new session may work. Not if it was ended on
// purpose or never connected: the client would reconnect forever.
const RECONNECT: Readonly<Record<EndReason, boolean>> = {
  'worker-died': true,
  'camera-failed': true,
  'sending-failed': true,
  'publisher-left': true,
  'ice-failed': true,
  'rtcp-timeout': true,
  shutdown: true,
  'camera-removed': false,
  'client-delete': false,
  'peer-closed': false,
  'api-delete': false,
  'connect-timeout': false,
  'dtls-failed': false,
  'request-aborted': false,
  takeover: false,
  renegotiated: false,
  'protocol-error': false,
  'no-viewers': false,
};

/**
 * The event streams of viewers' sessions (draft-ietf-wish-whep, Server-Sent Events extension). Nothing is queued for a
 * client that is not connected: when it connects it is sent the current state. So a stream costs the same however long
 * it lasts, and what is queued for a connection is bounded.
 */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  /** By session id, then by stream id. */
  readonly #sessions = new Map<string, Map<string, Stream>>();
  readonly #counting = new Map<string, NodeJS.Timeout>();
  #stops: (() => void)[] = [];

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stops.length > 0) return;
    const { events, heartbeatMs = 15_000 } = this.#options;
    const heartbeat = setInterval(() => {
      for (const stream of this.#streams()) write(stream, HEARTBEAT);
    }, heartbeatMs).unref();
    this.#stops = [
      () => clearInterval(heartbeat),
      events.on('cameraChanged', ({ camera, status }) => this.#cameraChanged(camera, status.state === 'live')),
      events.on('viewersChanged', ({ camera }) => this.#scheduleViewerCount(camera)),
      events.on('sessionEnded', ({ session }) => this.#sessionEnded(session.id, session.ended?.reason)),
    ];
  }

  /** Ends all streams. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    for (const timer of this.#counting.values()) clearTimeout(timer);
    this.#counting.clear();
    for (const stream of this.#streams()) end(stream);
    this.#sessions.clear();
  }

  /**
   * @param types the events to send, unknown ones are ignored; all by default
   * @returns the stream's id
   * @throws Failure too-many-requests
   */
  create(session: string, camera: string, types: readonly string[] = EVENT_TYPES): string {
    const streams = this.#sessions.get(session) ?? new Map<string, Stream>();
    if (streams.size >= MAX_STREAMS)
      throw new Failure('too-many-requests', `The session has ${MAX_STREAMS} event streams, which is the limit.`, {
        remedy: 'DELETE one of them.',
        retryAfter: 5,
      });
    const id = randomBytes(12).toString('base64url');
    streams.set(id, { camera, wanted: new Set(types), listener: null, sent: NOTHING, wasActive: false });
    this.#sessions.set(session, streams);
    return id;
  }

  /** @throws Failure not-found */
  check(session: string, id: string): void {
    this.#get(session, id);
  }

  /**
   * The body to send to a new listener, which replaces the previous one.
   * @param drop closes the connection, if the client does not read
   * @throws Failure not-found
   */
  listen(session: string, id: string, drop: () => void): Readable {
    const stream = this.#get(session, id);
    end(stream);
    const listener: Listener = { body: new Readable({ read: () => undefined }), drop };
    listener.body.once('close', () => {
      if (stream.listener === listener) stream.listener = null;
    });
    stream.listener = listener;
    write(stream, formatRetry(RETRY_MS));
    stream.sent = NOTHING;
    if (this.#options.isActive(stream.camera)) sendActive(stream, true);
    // Never as the first event, but after a lost connection: the client may have missed it.
    else if (stream.wasActive) send(stream, 'inactive', {});
    sendViewers(stream, this.#options.viewersOf(stream.camera));
    return listener.body;
  }

  /** @throws Failure not-found */
  remove(session: string, id: string): void {
    const stream = this.#get(session, id);
    end(stream);
    const streams = this.#sessions.get(session);
    streams?.delete(id);
    if (streams?.size === 0) this.#sessions.delete(session);
  }

  #get(session: string, id: string): Stream {
    const stream = this.#sessions.get(session)?.get(id);
    if (!stream) throw new Failure('not-found', 'There is no such event stream; it may have ended.');
    return stream;
  }

  #streams(camera?: string): Stream[] {
    const all = [...this.#sessions.values()].flatMap(streams => [...streams.values()]);
    return camera === undefined ? all : all.filter(stream => stream.camera === camera);
  }

  #cameraChanged(camera: string, active: boolean): void {
    for (const stream of this.#streams(camera)) sendActive(stream, active);
  }

  #scheduleViewerCount(camera: string): void {
    if (this.#counting.has(camera) || this.#streams(camera).length === 0) return;
    const count = (): void => {
      this.#counting.delete(camera);
      for (const stream of this.#streams(camera)) sendViewers(stream, this.#options.viewersOf(camera));
    };
    this.#counting.set(camera, setTimeout(count, this.#options.viewerCountMs ?? 500).unref());
  }

  #sessionEnded(session: string, reason: EndReason | undefined): void {
    for (const stream of this.#sessions.get(session)?.values() ?? []) {
      // Without a URL: the client reconnects to the endpoint URL that it knows, with its token.
      if (reason !== undefined && RECONNECT[reason]) send(stream, 'reconnect', {});
      end(stream);
    }
    this.#sessions.delete(session);
  }
}

function sendActive(stream: Stream, active: boolean): void {
  // Without a listener: the next one is sent the state when it connects.
  if (!stream.listener || stream.sent.active === active) return;
  stream.sent = { ...stream.sent, active };
  stream.wasActive ||= active;
  send(stream, active ? 'active' : 'inactive', {});
}

function sendViewers(stream: Stream, viewers: number): void {
  if (!stream.listener || stream.sent.viewers === viewers) return;
  stream.sent = { ...stream.sent, viewers };
  send(stream, 'viewercount', { viewercount: viewers });
}

function send(stream: Stream, type: EventType, data: object): void {
  if (stream.wanted.has(type)) write(stream, formatEvent(type, data));
}

function write({ listener }: Stream, text: string): void {
  if (!listener || listener.body.readableEnded || listener.body.destroyed) return;
  listener.body.push(text);
  if (listener.body.readableLength > MAX_UNREAD) listener.drop();
}

function end(stream: Stream): void {
  if (!stream.listener?.body.destroyed) stream.listener?.body.push(null);
  stream.listener = null;
}
