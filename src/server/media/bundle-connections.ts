import type { BundlePart } from '../../domain/multi-camera.js';

export interface BundleConnection {
  /** Cameras of those that go on, by their sessions. */
  readonly parts: Map<string, string>;
  /** Whether the peer sends the cameras; else it is sent them. */
  readonly isSending: boolean;
  /** Whether the process knows of it. */
  isBegun: boolean;
  /** What webrtcbin offered to the peer, and what its sections are called to the peer. */
  offer: { sdp: string; mids: readonly string[] } | null;
  /** Ends what is waited for. */
  readonly abort: AbortController;
}

/** The connections that carry several cameras, by their names. */
export class BundleConnections extends Map<string, BundleConnection> {
  add(bundle: string, parts: readonly BundlePart[], { isSending }: { isSending: boolean }): BundleConnection {
    const connection = {
      parts: new Map(parts.map(({ session, camera }) => [session, camera])),
      isSending,
      isBegun: false,
      offer: null,
      abort: new AbortController(),
    };
    this.set(bundle, connection);
    return connection;
  }

  sessionsOf(bundle: string): string[] {
    return [...(this.get(bundle)?.parts.keys() ?? [])];
  }

  /** The sessions of a camera in a connection. */
  sessionsWith(bundle: string, camera: string): string[] {
    return [...(this.get(bundle)?.parts ?? [])].flatMap(([session, whose]) => (whose === camera ? [session] : []));
  }

  /** The connection that a camera comes by. */
  senderOf(camera: string): string | undefined {
    for (const [bundle, { isSending }] of this)
      if (isSending && this.sessionsWith(bundle, camera).length > 0) return bundle;
    return undefined;
  }
}
