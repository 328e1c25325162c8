import type { Offer } from '../protocol/offer.js';
import type { Camera, EndReason, Session, System } from './contract.js';
import type { Source } from './source.js';

/** A camera as it is to be run: the configuration with its defaults filled in and its source read. */
export interface CameraPlan {
  id: string;
  name: string;
  source: Source;
  settings: Camera['settings'];
}

/** How a camera is, as its engine sees it. */
export type CameraStatus = Pick<
  Camera,
  'state' | 'problem' | 'encoder' | 'passthrough' | 'fps' | 'bitrate' | 'video' | 'restarts'
>;

/** What runs the cameras and talks WebRTC to the viewers. */
export interface MediaEngine {
  /**
   * Adds a viewer to a camera; resolves with the SDP answer.
   * @throws Failure
   */
  join(camera: string, session: string, offer: Offer): Promise<string>;
  /** Takes a viewer away again. Nothing happens if it is not there. */
  leave(camera: string, session: string): void;
}

/** What an engine tells of by itself. */
export interface MediaEvents {
  cameraChanged(camera: string, status: CameraStatus): void;
  sessionConnected(session: string): void;
  sessionEnded(session: string, reason: EndReason, detail: string | null): void;
  sessionMeasured(session: string, stats: NonNullable<Session['stats']>): void;
}

/** What was found out about the machine. */
export type Machine = Pick<System, 'gstreamer' | 'encoders'>;

/** Lines of the log: an event and its fields. */
export interface Log {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}
