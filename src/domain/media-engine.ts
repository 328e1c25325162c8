import type { Offer } from '../protocol/offer.js';
import type { CameraStatus } from './camera-plan.js';
import type { EndReason, Session, System } from './contract.js';

/** What runs the cameras and talks WebRTC to the viewers. */
export interface MediaEngine {
  /**
   * Adds a viewer to a camera; resolves with the SDP answer.
   * @param requestId is in all lines that the log has of it
   * @throws Failure, OfferError
   */
  watch(camera: string, session: string, offer: Offer, requestId: string): Promise<string>;
  /**
   * Makes a camera of source `whip` live; resolves with the SDP answer. The camera has at most one publisher: whoever
   * calls has seen to that.
   * @param requestId as for watch
   * @throws Failure, OfferError
   */
  publish(camera: string, session: string, offer: Offer, requestId: string): Promise<string>;
  /**
   * Whether a camera that is live could be made so by this offer. What only an attempt can show is not known by it.
   * @throws Failure, OfferError
   */
  checkPublisher(camera: string, offer: Offer): void;
  /** More candidates of a session's peer: values of `a=candidate` lines. Unusable ones are dropped. */
  trickle(camera: string, session: string, candidates: readonly string[]): void;
  /** Takes a viewer or a publisher away again. Nothing happens if it is not there. */
  leave(camera: string, session: string): void;
}

/** What an engine tells of by itself. */
export interface MediaEvents {
  cameraChanged(camera: string, status: CameraStatus): void;
  sessionConnected(session: string): void;
  /** Its first packet has been sent. */
  sessionSending(session: string): void;
  sessionEnded(session: string, reason: EndReason, detail: string | null): void;
  sessionMeasured(session: string, stats: NonNullable<Session['stats']>): void;
  /** A camera of source `forwarded` is open, and waits for whoever sends it; or is closed again. */
  senderWanted(camera: string, wanted: boolean): void;
}

/** What the engine may hold. */
export interface MediaLimits {
  /** How long a camera stays open after its last viewer. */
  lingerMs: number;
  /** How long the viewers of a publisher who left are shown a slate. */
  publisherReturnMs: number;
  /** H.264 encoders open at the same time; null for any number. */
  encoders: number | null;
}

/** What was found out about the machine. */
export type Machine = Pick<System, 'gstreamer' | 'encoders'>;

/** What went through a session, and how; as one end of it measures. */
export interface SessionFigures {
  bitrate: number;
  bytes: number;
  packetsSent: number;
  packetsReceived: number;
  packetsLost: number | null;
  lossPercent: number | null;
  jitterMs: number | null;
  roundTripMs: number | null;
  keyframeRequests: number;
  retransmitted: number;
}
