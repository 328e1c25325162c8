/** A frame of a camera, as JPEG. */
export interface Snapshot {
  jpeg: Uint8Array;
  /** When it was captured, ms of CLOCK_MONOTONIC. */
  capturedAt: number;
}

/** What the handlers of single pictures need of the engine. */
export interface Snapshots {
  /** Makes the next picture of an open camera a keyframe, of one that is closed nothing. @throws Failure */
  keyframe(camera: string): void;
  /**
   * The newest frame of a camera; opens it if it is closed.
   * @throws Failure camera-unavailable, …
   */
  snapshot(camera: string): Promise<Snapshot>;
}
