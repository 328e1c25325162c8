import type { IceAgentSettings } from '../domain/ice.js';
import type { SessionFigures } from '../domain/media-engine.js';
import type { SessionTimes } from './camera-worker.js';
import { checkMessage, type MessagesOf, nullableString, number, object, string, type Table } from './table.js';

// The messages between the control plane and the process for multi-camera connections; see table.ts.

/** To the process. */
const TO_MULTI_CAMERA = {
  /** Offer these cameras to a peer. A `receiver-opened` follows for every camera without a receiver. */
  offer: { request: number, connection: string, cameras: object, ice: object },
  /** The peer's answer, for webrtcbin. */
  accept: { connection: string, answer: string },
  /** A peer's offer to send these cameras, one per section. */
  receive: { request: number, connection: string, cameras: object, offer: string, ice: object },
  /** Further candidates of a peer. */
  candidates: { connection: string, values: object },
  /** Forward a camera that a peer sends to this UDP port of this machine, and only there. */
  forward: { connection: string, camera: string, port: number },
  'stop-forward': { connection: string, camera: string },
  /** The peer that sends the camera must produce a keyframe. */
  keyframe: { connection: string, camera: string },
  /** Remove a camera from a connection that continues. */
  drop: { connection: string, camera: string },
  /** Report when peers were last heard. */
  freshness: { request: number },
  /** The connection is over; no reply. */
  leave: { connection: string },
  ping: { sequence: number },
  close: {},
} as const satisfies Table;

/** From the process. */
const FROM_MULTI_CAMERA = {
  ready: { warmMs: number },
  pong: { sequence: number },
  /** The camera's stream must be forwarded to this port of this machine, until it is closed. */
  'receiver-opened': { camera: string, port: number },
  'receiver-closed': { camera: string, port: number },
  /** A viewer of the camera has requested a keyframe. */
  'keyframe-wanted': { camera: string },
  offered: { request: number, offer: string },
  answered: { request: number, answer: string },
  /** Instead of any other reply. */
  refused: { request: number, code: string, detail: string, remedy: nullableString },
  connected: { connection: string },
  /** The first packet was sent to the peer. */
  sending: { connection: string },
  ended: { connection: string, reason: string, detail: nullableString },
  stats: { connection: string, stats: object },
  /** The last activity of each connection, by its id. */
  freshness: { request: number, sessions: object },
  /** A line for the log. */
  log: { level: string, event: string, fields: object },
} as const satisfies Table;

/** The replies to the process's requests. */
export const MULTI_CAMERA_REPLIES = {
  offer: 'offered',
  receive: 'answered',
  freshness: 'freshness',
} as const satisfies Partial<Record<keyof typeof TO_MULTI_CAMERA, keyof typeof FROM_MULTI_CAMERA>>;

export type ToMultiCamera = MessagesOf<
  typeof TO_MULTI_CAMERA,
  { cameras: readonly string[]; ice: IceAgentSettings; values: readonly string[] }
>;
export type FromMultiCamera = MessagesOf<
  typeof FROM_MULTI_CAMERA,
  { stats: SessionFigures; sessions: Readonly<Record<string, SessionTimes>>; fields: Record<string, unknown> }
>;
export type ToMultiCameraOf<T extends ToMultiCamera['type']> = Extract<ToMultiCamera, { type: T }>;

/** The message, if it is one to the process with all its fields; else null. */
export const checkToMultiCamera = (message: unknown): ToMultiCamera | null =>
  checkMessage<ToMultiCamera>(TO_MULTI_CAMERA, message);
/** The message, if it is one from the process with all its fields; else null. */
export const checkFromMultiCamera = (message: unknown): FromMultiCamera | null =>
  checkMessage<FromMultiCamera>(FROM_MULTI_CAMERA, message);
export type FromMultiCameraOf<T extends FromMultiCamera['type']> = Extract<FromMultiCamera, { type: T }>;
