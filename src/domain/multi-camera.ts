import type { Offer } from '../protocol/offer.js';

/** A camera's part in a connection that carries several. */
export interface BundlePart {
  camera: string;
  session: string;
}

/** What a peer is to be told. */
export interface OfferedBundle {
  sdp: string;
  /** Values of its `a=candidate` lines. */
  candidates: readonly string[];
}

/**
 * Connections that carry several cameras, each of which has a session of its own. The engine's `leave` takes one out;
 * with its last session a connection ends.
 */
export interface Bundles {
  /** Somebody is likely to need one soon. */
  prepareBundles(): void;
  /**
   * Offers cameras to a peer, one that cannot be opened too: its section is empty until it can.
   * @param mids what the sections are called to the peer
   * @throws Failure
   */
  offerBundle(bundle: string, parts: readonly BundlePart[], mids: readonly string[]): Promise<OfferedBundle>;
  /** Takes the peer's answer. @throws AnswerError */
  acceptBundle(bundle: string, answer: string): void;
  /**
   * Takes what a peer sends; each section is a camera of source `legacy`.
   * @throws Failure, OfferError
   */
  receiveBundle(bundle: string, parts: readonly BundlePart[], offer: Offer): Promise<OfferedBundle>;
  /** More candidates of the peer's: values of `a=candidate` lines that can be used. */
  trickleBundle(bundle: string, candidates: readonly string[]): void;
}
