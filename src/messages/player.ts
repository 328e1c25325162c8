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

// The messages between the `recv` command and its player, the process that decodes and shows; see table.ts.

/** To the player. */
const TO_PLAYER = {
  /** The first message. Refused with the code `decoder` or `display` if none works. */
  configure: { request: number, settings: object },
  /** Make an offer to receive a camera. */
  offer: { request: number, session: string, camera: string, ice: object },
  /** The answer to that offer, for webrtcbin. */
  accept: { session: string, answer: string },
  /** Answer an offer, for webrtcbin, that has a section of video for each of these cameras. */
  answer: { request: number, session: string, cameras: object, offer: string, ice: object },
  /** Further candidates of the peer. */
  candidates: { session: string, values: object },
  /** The session is over; no reply. */
  leave: { session: string },
  /** The problem of a camera without video, to be shown to people; null without one. */
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
  /** An element is about to be opened: if the process dies now, that element crashed it. */
  trying: { element: string },
  /** Decoder and sink; null if not wanted. */
  prepared: { request: number, decoder: nullableString, decoderTitle: nullableString, sink: nullableString },
  offered: { request: number, offer: string },
  answered: { request: number, answer: string },
  /** Instead of any other reply. */
  refused: { request: number, code: string, detail: string, remedy: nullableString },
  connected: { session: string },
  /** The first frame of a session, decoded if there is a decoder. */
  frame: { session: string, camera: string, width: number, height: number },
  /** The player ended a session by itself. */
  ended: { session: string, reason: string, detail: nullableString },
  /** No frame of a camera for some time, or frames again after so long. */
  stale: { camera: string, ageMs: number },
  fresh: { camera: string, afterMs: number },
  /** Once a second, for every camera. */
  figures: { camera: string, figures: object, network: objectOrNull, marks: object },
  /** A file was started (`recording`) or is complete (`snapshot`). */
  file: { camera: string, kind: string, file: string },
  /** Size of the frames written to stdout. */
  piping: { camera: string, width: number, height: number },
  /** A recording, a snapshot or the pipe failed. */
  'cannot-write': { camera: string, detail: string },
  /** The reader of stdout closed the pipe. */
  'pipe-closed': { camera: string },
  /** A person closed the window. */
  'window-closed': {},
  /** The display is gone. */
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
  /** The decoder element; null for the best that works. */
  decoder: string | null;
  /** Whether frames are decoded at all. */
  decodes: boolean;
  /** ms to wait for a lost packet. */
  jitterMs: number;
  /** Whether time marks are read. */
  marks: boolean;
  /** Elements that have crashed the process. */
  skip: readonly string[];
}

export interface PlayerCamera {
  id: string;
  label: string;
  /** Paths of files; null for none. */
  record: { file: string; container: Container } | null;
  snapshot: string | null;
  /** The format on stdout; null for none. */
  pipe: PipeFormat | null;
}

/** Figures of a camera's video. */
export interface CameraFigures {
  /** Frames per second. */
  fps: number;
  /** Bit/s of video, without RTP headers. */
  bitrate: number;
  /** Frames since the start. */
  frames: number;
  /** Pixels; null before the first frame. */
  width: number | null;
  height: number | null;
  /** ms since the last frame; null before the first. */
  ageMs: number | null;
  /** ms; see Pulse. */
  decodeMs: number | null;
  freezes: number;
  frozenMs: number;
}

/** The time mark of a frame, and when that frame was decoded. */
export interface ReadMark {
  /** ns of the sender's CLOCK_MONOTONIC. */
  capturedNs: bigint;
  /** ns of this machine's CLOCK_MONOTONIC. */
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
