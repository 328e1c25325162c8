import type { Offer } from '../protocol/offer.js';
import type { CameraStatus } from './camera-plan.js';
import type { EndReason, Session, System } from './contract.js';

/** Runs the cameras and their WebRTC peers. */
export interface MediaEngine {
  /**
   * Adds a viewer to a camera; resolves with the SDP answer.
   * @param requestId is in all log lines about the session
   * @throws Failure, OfferError
   */
  watch(camera: string, session: string, offer: Offer, requestId: string): Promise<string>;
  /**
   * Makes a camera of source `whip` live; resolves with the SDP answer. The caller ensures that the camera has at most
   * one publisher.
   * @param requestId as for watch
   * @throws Failure, OfferError
   */
  publish(camera: string, session: string, offer: Offer, requestId: string): Promise<string>;
  /**
   * Checks whether this offer could publish to a camera that is live, short of what only an attempt can show.
   * @throws Failure, OfferError
   */
  checkPublisher(camera: string, offer: Offer): void;
  /** Further candidates of a session's peer: values of `a=candidate` lines. Unusable ones are dropped. */
  trickle(camera: string, session: string, candidates: readonly string[]): void;
  /** Removes a viewer or a publisher. Nothing happens if it is not there. */
  leave(camera: string, session: string): void;
}

/** Events of an engine. */
export interface MediaEvents {
  cameraChanged(camera: string, status: CameraStatus): void;
  sessionConnected(session: string): void;
  /** Its first packet has been sent. */
  sessionSending(session: string): void;
  sessionEnded(session: string, reason: EndReason, detail: string | null): void;
  sessionMeasured(session: string, stats: NonNullable<Session['stats']>): void;
  /** A camera of source `forwarded` is open and waits for its sender; or is closed again. */
  senderWanted(camera: string, wanted: boolean): void;
}

/** Limits of the engine. */
export interface MediaLimits {
  /** How long a camera stays open after its last viewer. */
  lingerMs: number;
  /** How long viewers are shown a placeholder after their publisher has left. */
  publisherReturnMs: number;
  /** H.264 encoders open at the same time; null for any number. */
  encoders: number | null;
}

/** What is known about the machine. */
export type Machine = Pick<System, 'gstreamer' | 'encoders'>;

/** A session's traffic and its quality, as measured at one end. */
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
