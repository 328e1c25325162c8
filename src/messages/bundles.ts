import type { IceAgentSettings } from '../domain/ice.js';
import type { SessionFigures } from '../domain/media-engine.js';
import type { SessionTimes } from './camera-worker.js';
import { checkMessage, type MessagesOf, nullableString, number, object, string, type Table } from './table.js';

// What the control plane and the process say to each other in which cameras meet in one connection; see table.ts.

/** To the process. */
const TO_BUNDLES = {
  /** Offer these cameras to a peer. An `inlet` comes too for each that has none yet. */
  offer: { request: number, bundle: string, cameras: object, ice: object },
  /** What the peer answered, for webrtcbin. */
  accept: { bundle: string, answer: string },
  /** A peer offers to send; its sections are these cameras. */
  receive: { request: number, bundle: string, cameras: object, offer: string, ice: object },
  /** More candidates of a peer. */
  candidates: { bundle: string, values: object },
  /** Send a camera that a peer sends to a UDP port of this machine, and there alone. */
  outlet: { bundle: string, camera: string, port: number },
  'no-outlet': { bundle: string, camera: string },
  /** The peer that sends it is to make a keyframe. */
  keyframe: { bundle: string, camera: string },
  /** A camera goes out of a connection that goes on. */
  drop: { bundle: string, camera: string },
  /** Say when peers were heard. */
  look: { request: number },
  /** The connection is over; nothing comes back. */
  leave: { bundle: string },
  ping: { sequence: number },
  close: {},
} as const satisfies Table;

/** From the process. */
const FROM_BUNDLES = {
  ready: { warmMs: number },
  pong: { sequence: number },
  /** A camera's stream is to be sent to this port of this machine, until it is closed. */
  inlet: { camera: string, port: number },
  'inlet-closed': { camera: string, port: number },
  /** Somebody who is sent a camera has asked for a keyframe. */
  'keyframe-wanted': { camera: string },
  offered: { request: number, offer: string },
  answered: { request: number, answer: string },
  /** Instead of any other reply. */
  refused: { request: number, code: string, detail: string, remedy: nullableString },
  connected: { bundle: string },
  /** The first packet was sent to the peer. */
  sending: { bundle: string },
  ended: { bundle: string, reason: string, detail: nullableString },
  stats: { bundle: string, stats: object },
  /** What of each connection was seen last, by its name. */
  looked: { request: number, sessions: object },
  /** Something worth a line in the log. */
  log: { level: string, event: string, fields: object },
} as const satisfies Table;

/** The replies to the process's requests. */
export const BUNDLES_REPLIES = {
  offer: 'offered',
  receive: 'answered',
  look: 'looked',
} as const satisfies Partial<Record<keyof typeof TO_BUNDLES, keyof typeof FROM_BUNDLES>>;

export type ToBundles = MessagesOf<
  typeof TO_BUNDLES,
  { cameras: readonly string[]; ice: IceAgentSettings; values: readonly string[] }
>;
export type FromBundles = MessagesOf<
  typeof FROM_BUNDLES,
  { stats: SessionFigures; sessions: Readonly<Record<string, SessionTimes>>; fields: Record<string, unknown> }
>;
export type ToBundlesOf<T extends ToBundles['type']> = Extract<ToBundles, { type: T }>;

/** The message, if it is one to the process with all its fields; else null. */
export const checkToBundles = (message: unknown): ToBundles | null => checkMessage<ToBundles>(TO_BUNDLES, message);
/** The message, if it is one from the process with all its fields; else null. */
export const checkFromBundles = (message: unknown): FromBundles | null =>
  checkMessage<FromBundles>(FROM_BUNDLES, message);
export type FromBundlesOf<T extends FromBundles['type']> = Extract<FromBundles, { type: T }>;
