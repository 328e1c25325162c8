import type { CameraStatus } from '../domain/camera-plan.js';
import type { CaptureDevice } from '../domain/devices.js';
import type { IceAgentSettings } from '../domain/ice.js';
import type { StreamFigures } from '../domain/measures.js';
import type { SessionFigures } from '../domain/media-engine.js';
import type { Source } from '../domain/source.js';
import type { CodecName, VideoCodecName } from '../protocol/codecs.js';
import {
  checkMessage,
  type MessagesOf,
  nullableNumber,
  nullableString,
  number,
  object,
  objectOrNull,
  string,
  type Table,
} from './table.js';

// The messages between the control plane and a camera worker; see table.ts.

/** To the worker. */
const TO_WORKER = {
  /** The first message, and again on changes: the camera's settings, and the encoders of this machine, best first. */
  configure: {
    source: object,
    width: number,
    height: number,
    framerate: number,
    bitrate: number,
    keyframeInterval: number,
    passthrough: string,
    overlay: string,
    /** Seconds. */
    stallTimeout: number,
    lingerMs: number,
    publisherReturnMs: number,
    /** The V4L2 device of the source, while it is plugged in. */
    device: objectOrNull,
    encoders: object,
  },
  /**
   * Subscribe a viewer: an offer for webrtcbin, and the agreed formats. The worker's log lines of the session have the
   * id
   * of the HTTP request, `requestId`.
   */
  join: {
    request: number,
    session: string,
    requestId: string,
    offer: string,
    video: object,
    audio: objectOrNull,
    ice: object,
  },
  /** Connect a publisher as the camera's source, with the same fields. */
  publish: {
    request: number,
    session: string,
    requestId: string,
    offer: string,
    video: object,
    audio: objectOrNull,
    ice: object,
  },
  /** Make the next frame a keyframe. */
  keyframe: {},
  /** Take the newest frame. */
  snapshot: { request: number },
  /** Forward the stream to a UDP port of this machine; answered when that fails or ends. */
  forward: { request: number, forward: string, port: number },
  'stop-forward': { forward: string },
  /**
   * Report when the newest frame arrived, and when the sessions' peers were last heard. The next request follows in so
   * many ms; 0 for none.
   */
  freshness: { request: number, everyMs: number },
  /** Report the figures that are measured on request only. */
  measure: { request: number },
  /** Further candidates of a session's peer. */
  candidates: { session: string, values: object },
  /** A viewer or a publisher leaves; no reply. */
  leave: { session: string },
  /** Answered by `pong` from the JavaScript thread, unless it hangs in a driver. */
  ping: { sequence: number },
  /** Stop everything and exit. */
  close: {},
} as const satisfies Table;

/** From the worker. */
const FROM_WORKER = {
  /** GStreamer is loaded and warmed up, and has the elements of these codecs. */
  ready: { warmMs: number, codecs: object },
  pong: { sequence: number },
  /** The camera's state, on every change and once a second while it is open. */
  camera: {
    state: string,
    detail: nullableString,
    remedy: nullableString,
    notices: object,
    /** ms since the last frame, while the camera is lost. */
    lostMs: nullableNumber,
    capture: objectOrNull,
    encoder: nullableString,
    passthrough: object,
    fps: number,
    bitrate: number,
    video: objectOrNull,
    audio: objectOrNull,
    renditions: object,
    publisher: nullableString,
    newestAt: nullableNumber,
  },
  /** `newestAt`, and the times in `sessions`: ms of CLOCK_MONOTONIC; null before the first frame or packet. */
  freshness: { request: number, newestAt: nullableNumber, sessions: object },
  measured: { request: number, loopLagMs: nullableNumber, stream: objectOrNull },
  /** `capturedAt`: ms of CLOCK_MONOTONIC. */
  snapshot: { request: number, jpeg: object, capturedAt: number },
  /** An encoder did not open, or failed while running: the next one is used. */
  'encoder-failed': { element: string, reason: string },
  'forward-ended': { request: number, detail: string },
  /** Another process must forward the camera's source to this port of this machine, until it is closed. */
  'receiver-opened': { port: number },
  'receiver-closed': { port: number },
  /** The sender to that port must produce a keyframe. */
  'keyframe-wanted': {},
  joined: { request: number, answer: string },
  /** Instead of any other reply. */
  refused: { request: number, code: string, detail: string, remedy: nullableString },
  connected: { session: string },
  /** The first packet was sent to a viewer. */
  sending: { session: string },
  /** The worker ended a session by itself. */
  ended: { session: string, reason: string, detail: nullableString },
  /** Figures of a session, every 2 s. */
  stats: { session: string, stats: object },
  /** A line for the log. */
  log: { level: string, event: string, fields: object },
  /** The probe of an encoder or decoder (`kind`): about to start, and its outcome. */
  probing: { kind: string, element: string, title: string },
  probed: { kind: string, element: string, title: string, outcome: string, reason: string },
  found: { gstreamer: string, libnice: nullableString, missing: object },
  /** The probes are done. */
  done: {},
} as const satisfies Table;

/** The replies to a worker's requests. */
export const WORKER_REPLIES = {
  join: 'joined',
  publish: 'joined',
  snapshot: 'snapshot',
  forward: 'forward-ended',
  freshness: 'freshness',
  measure: 'measured',
} as const satisfies Partial<Record<keyof typeof TO_WORKER, keyof typeof FROM_WORKER>>;

export interface VideoFacts {
  codec: VideoCodecName;
  width: number | null;
  height: number | null;
  profileLevelId: string | null;
}

/** The format agreed with a peer. */
export interface AgreedVideo {
  codec: VideoCodecName;
  payloadType: number;
  retransmit: boolean;
  /** RTP header extensions that a publisher uses. */
  extensions: readonly HeaderExtension[];
}

export interface AgreedAudio {
  payloadType: number;
  extensions: readonly HeaderExtension[];
}

export interface HeaderExtension {
  id: number;
  uri: string;
}

/** A second encoder. */
export interface Rendition {
  codec: VideoCodecName;
  encoder: string;
  viewers: number;
}

/** When media was last sent to a viewer or received from a publisher, and when the peer was last heard. */
export interface SessionTimes {
  movedAt: number | null;
  heardAt: number | null;
}

export type Notice = CameraStatus['notices'][number];
export type CaptureMode = NonNullable<CameraStatus['capture']>;

export interface Passthrough {
  active: boolean;
  reason: string;
}

/** A GStreamer element, and the system package that contains it. */
export interface NeededElement {
  element: string;
  package: string;
}

export type ToWorker = MessagesOf<
  typeof TO_WORKER,
  {
    source: Source;
    encoders: readonly string[];
    video: AgreedVideo;
    audio: AgreedAudio | null;
    ice: IceAgentSettings;
    values: readonly string[];
    device: CaptureDevice | null;
  }
>;
export type FromWorker = MessagesOf<
  typeof FROM_WORKER,
  {
    codecs: readonly CodecName[];
    notices: readonly Notice[];
    capture: CaptureMode | null;
    jpeg: Uint8Array;
    passthrough: Passthrough;
    video: VideoFacts | null;
    audio: { codec: 'OPUS' } | null;
    renditions: readonly Rendition[];
    stats: SessionFigures;
    sessions: Readonly<Record<string, SessionTimes>>;
    stream: StreamFigures | null;
    fields: Record<string, unknown>;
    missing: readonly NeededElement[];
  }
>;
export type ToWorkerOf<T extends ToWorker['type']> = Extract<ToWorker, { type: T }>;
export type FromWorkerOf<T extends FromWorker['type']> = Extract<FromWorker, { type: T }>;

/** The message, if it is one to a worker with all its fields; else null. */
export const checkToWorker = (message: unknown): ToWorker | null => checkMessage<ToWorker>(TO_WORKER, message);
/** The message, if it is one from a worker with all its fields; else null. */
export const checkFromWorker = (message: unknown): FromWorker | null => checkMessage<FromWorker>(FROM_WORKER, message);
