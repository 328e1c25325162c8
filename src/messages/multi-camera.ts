import type { IceAgentSettings } from '../domain/ice.js';
import type { SessionFigures } from '../domain/media-engine.js';
import type { SessionTimes } from './camera-worker.js';
import { checkMessage, type MessagesOf, nullableString, number, object, string, type Table } from './table.js';

// What the control plane and the process say to each other in which cameras meet in one connection; see table.ts.

/** To the process. */
const TO_MULTI_CAMERA = {
  /** Offer these cameras to a peer. An `inlet` comes too for each that has none yet. */
  offer: { request: number, connection: string, cameras: object, ice: object },
  /** What the peer answered, for webrtcbin. */
  accept: { connection: string, answer: string },
  /** A peer offers to send; its sections are these cameras. */
  receive: { request: number, connection: string, cameras: object, offer: string, ice: object },
  /** More candidates of a peer. */
  candidates: { connection: string, values: object },
  /** Send a camera that a peer sends to a UDP port of this machine, and there alone. */
  forward: { connection: string, camera: string, port: number },
  'stop-forward': { connection: string, camera: string },
  /** The peer that sends it is to make a keyframe. */
  keyframe: { connection: string, camera: string },
  /** A camera goes out of a connection that goes on. */
  drop: { connection: string, camera: string },
  /** Say when peers were heard. */
  freshness: { request: number },
  /** The connection is over; nothing comes back. */
  leave: { connection: string },
  ping: { sequence: number },
  close: {},
} as const satisfies Table;

/** From the process. */
const FROM_MULTI_CAMERA = {
  ready: { warmMs: number },
  pong: { sequence: number },
  /** A camera's stream is to be sent to this port of this machine, until it is closed. */
  'receiver-opened': { camera: string, port: number },
  'receiver-closed': { camera: string, port: number },
  /** Somebody who is sent a camera has asked for a keyframe. */
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
  /** What of each connection was seen last, by its name. */
  freshness: { request: number, sessions: object },
  /** Something worth a line in the log. */
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
