import type { Offer } from '../protocol/offer.js';

/** A camera's part in a connection that carries several. */
export interface ConnectionCamera {
  camera: string;
  session: string;
}

/** A description to send to the peer. */
export interface ConnectionOffer {
  sdp: string;
  /** Values of its `a=candidate` lines. */
  candidates: readonly string[];
}

/**
 * Connections that carry several cameras, each of which has a session of its own. The engine's `leave` removes one; a
 * connection ends with its last session.
 */
export interface MultiCameraConnections {
  /** A connection is likely to be needed soon. */
  prepareConnections(): void;
  /**
   * Offers cameras to a peer, including any that cannot be opened yet: its section stays empty until then.
   * @param mids of the sections in the peer's offer
   * @throws Failure
   */
  offerCameras(
    connection: string,
    parts: readonly ConnectionCamera[],
    mids: readonly string[],
  ): Promise<ConnectionOffer>;
  /** Applies the peer's answer. @throws AnswerError */
  acceptAnswer(connection: string, answer: string): void;
  /**
   * Receives a peer's videos; each section is a camera of source `forwarded`.
   * @throws Failure, OfferError
   */
  receiveCameras(connection: string, parts: readonly ConnectionCamera[], offer: Offer): Promise<ConnectionOffer>;
  /** Further candidates of the peer: values of usable `a=candidate` lines. */
  trickleConnection(connection: string, candidates: readonly string[]): void;
}
