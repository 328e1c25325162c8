import type { Offer } from '../protocol/offer.js';

/** A camera's part in a connection that carries several. */
export interface ConnectionCamera {
  camera: string;
  session: string;
}

/** What a peer is to be told. */
export interface ConnectionOffer {
  sdp: string;
  /** Values of its `a=candidate` lines. */
  candidates: readonly string[];
}

/**
 * Connections that carry several cameras, each of which has a session of its own. The engine's `leave` takes one out;
 * with its last session a connection ends.
 */
export interface MultiCameraConnections {
  /** Somebody is likely to need one soon. */
  prepareConnections(): void;
  /**
   * Offers cameras to a peer, one that cannot be opened too: its section is empty until it can.
   * @param mids what the sections are called to the peer
   * @throws Failure
   */
  offerCameras(
    connection: string,
    parts: readonly ConnectionCamera[],
    mids: readonly string[],
  ): Promise<ConnectionOffer>;
  /** Takes the peer's answer. @throws AnswerError */
  acceptAnswer(connection: string, answer: string): void;
  /**
   * Takes what a peer sends; each section is a camera of source `forwarded`.
   * @throws Failure, OfferError
   */
  receiveCameras(connection: string, parts: readonly ConnectionCamera[], offer: Offer): Promise<ConnectionOffer>;
  /** More candidates of the peer's: values of `a=candidate` lines that can be used. */
  trickleConnection(connection: string, candidates: readonly string[]): void;
}
