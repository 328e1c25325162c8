import type { IceAgentSettings } from '../domain/ice.js';
import type { SessionFigures } from '../domain/media-engine.js';
import {
  checkMessage,
  type MessagesOf,
  nullableString,
  number,
  object,
  objectOrNull,
  string,
  type Table,
} from './table.js';

// What the `recv` command and its player, the process that decodes and shows, say to each other; see table.ts.

/** To the player. */
const TO_PLAYER = {
  /** First of all. It is refused with the code `decoder` or `display` where there is none that works. */
  configure: { request: number, settings: object },
  /** Make an offer to receive a camera. */
  offer: { request: number, session: string, camera: string, ice: object },
  /** The answer to that offer, for webrtcbin. */
  accept: { session: string, answer: string },
  /** Answer an offer, for webrtcbin, that has a section of video for each of these cameras. */
  answer: { request: number, session: string, cameras: object, offer: string, ice: object },
  /** More candidates of the other side. */
  candidates: { session: string, values: object },
  /** The session is over; nothing comes back. */
  leave: { session: string },
  /** What is wrong with a camera that brings no picture, for whoever looks; null while nothing is. */
  say: { camera: string, text: nullableString },
  ping: { sequence: number },
  /** Finish files, stop everything and exit. */
  close: {},
} as const satisfies Table;

/** From the player. */
const FROM_PLAYER = {
  /** GStreamer is loaded. */
  ready: { warmMs: number },
  pong: { sequence: number },
  /** An element is about to be opened: if the process ends now, it was that one. */
  trying: { element: string },
  /** What decodes, and what shows: null where nothing is to. */
  prepared: { request: number, decoder: nullableString, decoderTitle: nullableString, sink: nullableString },
  offered: { request: number, offer: string },
  answered: { request: number, answer: string },
  /** Instead of any other reply. */
  refused: { request: number, code: string, detail: string, remedy: nullableString },
  connected: { session: string },
  /** The first picture of a session, decoded where it is to be. */
  frame: { session: string, camera: string, width: number, height: number },
  /** The player ended a session by itself. */
  ended: { session: string, reason: string, detail: nullableString },
  /** A camera has brought no picture for some time, or brings some again after so long. */
  stale: { camera: string, ageMs: number },
  fresh: { camera: string, afterMs: number },
  /** Once a second, of each camera. */
  figures: { camera: string, figures: object, network: objectOrNull, marks: object },
  /** A file was begun (`recording`) or is whole (`snapshot`). */
  file: { camera: string, kind: string, file: string },
  /** What is written to stdout. */
  piping: { camera: string, width: number, height: number },
  /** A recording, a snapshot or the pipe cannot go on. */
  'cannot-write': { camera: string, detail: string },
  /** Whoever read what is piped has had enough. */
  'pipe-closed': { camera: string },
  /** A person closed the window. */
  'window-closed': {},
  /** There is nothing to show pictures on any more. */
  'display-gone': { detail: string },
  log: { level: string, event: string, fields: object },
} as const satisfies Table;

/** The replies to the player's requests. */
export const PLAYER_REPLIES = {
  configure: 'prepared',
  offer: 'offered',
  answer: 'answered',
} as const satisfies Partial<Record<keyof typeof TO_PLAYER, keyof typeof FROM_PLAYER>>;

export const PIPE_FORMATS = ['h264', 'y4m', 'i420', 'nv12', 'bgr', 'rgb', 'gray'] as const;
export type PipeFormat = (typeof PIPE_FORMATS)[number];
export const CONTAINERS = ['mkv', 'mp4'] as const;
export type Container = (typeof CONTAINERS)[number];

export interface PlayerSettings {
  cameras: readonly PlayerCamera[];
  /** Null shows nothing. */
  display: { separate: boolean; sink: string | null } | null;
  /** The decoder to be used; null for the best that works. */
  decoder: string | null;
  /** Whether pictures are decoded at all. */
  decodes: boolean;
  /** ms that a lost packet may be waited for. */
  jitterMs: number;
  /** Whether time marks are read. */
  marks: boolean;
  /** Elements that have broken the process. */
  skip: readonly string[];
}

export interface PlayerCamera {
  id: string;
  label: string;
  /** Files, with their path; null for none. */
  record: { file: string; container: Container } | null;
  snapshot: string | null;
  /** What of it is written to stdout. */
  pipe: PipeFormat | null;
}

/** How a camera's pictures come. */
export interface CameraFigures {
  /** Pictures a second. */
  fps: number;
  /** Bit/s of video, without RTP's headers. */
  bitrate: number;
  /** Pictures since the beginning. */
  frames: number;
  /** Pixels; null before the first picture. */
  width: number | null;
  height: number | null;
  /** ms since the last picture; null before the first. */
  ageMs: number | null;
  /** ms; see Pulse. */
  decodeMs: number | null;
  freezes: number;
  frozenMs: number;
}

/** What the time mark in a picture says, and when that picture was decoded. */
export interface ReadMark {
  /** ns of the sender's CLOCK_MONOTONIC. */
  capturedNs: bigint;
  /** ns of this machine's. */
  decodedNs: bigint;
}

export type ToPlayer = MessagesOf<
  typeof TO_PLAYER,
  {
    settings: PlayerSettings;
    ice: IceAgentSettings;
    cameras: readonly string[];
    values: readonly string[];
  }
>;
export type FromPlayer = MessagesOf<
  typeof FROM_PLAYER,
  {
    figures: CameraFigures;
    network: SessionFigures | null;
    marks: readonly ReadMark[];
    fields: Record<string, unknown>;
  }
>;
export type ToPlayerOf<T extends ToPlayer['type']> = Extract<ToPlayer, { type: T }>;
export type FromPlayerOf<T extends FromPlayer['type']> = Extract<FromPlayer, { type: T }>;

/** The message, if it is one to a player with all its fields; else null. */
export const checkToPlayer = (message: unknown): ToPlayer | null => checkMessage<ToPlayer>(TO_PLAYER, message);
/** The message, if it is one from a player with all its fields; else null. */
export const checkFromPlayer = (message: unknown): FromPlayer | null => checkMessage<FromPlayer>(FROM_PLAYER, message);
