import type { ConnectionCamera } from '../../domain/multi-camera.js';

export interface MultiCameraConnection {
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
export class MultiCameraConnectionTable extends Map<string, MultiCameraConnection> {
  add(
    connection: string,
    parts: readonly ConnectionCamera[],
    { isSending }: { isSending: boolean },
  ): MultiCameraConnection {
    const entry = {
      parts: new Map(parts.map(({ session, camera }) => [session, camera])),
      isSending,
      isBegun: false,
      offer: null,
      abort: new AbortController(),
    };
    this.set(connection, entry);
    return entry;
  }

  sessionsOf(connection: string): string[] {
    return [...(this.get(connection)?.parts.keys() ?? [])];
  }

  /** The sessions of a camera in a connection. */
  sessionsWith(connection: string, camera: string): string[] {
    return [...(this.get(connection)?.parts ?? [])].flatMap(([session, whose]) => (whose === camera ? [session] : []));
  }

  /** The connection that a camera comes by. */
  senderOf(camera: string): string | undefined {
    for (const [connection, { isSending }] of this)
      if (isSending && this.sessionsWith(connection, camera).length > 0) return connection;
    return undefined;
  }
}
