/** A frame of a camera, as JPEG. */
export interface Snapshot {
  jpeg: Uint8Array;
  /** When it was captured, ms of CLOCK_MONOTONIC. */
  capturedAt: number;
}

/** The engine as the handlers of snapshots and keyframes see it. */
export interface Snapshots {
  /** Makes the next frame of an open camera a keyframe; no effect on a closed one. @throws Failure */
  keyframe(camera: string): void;
  /**
   * The newest frame of a camera; opens it if it is closed.
   * @throws Failure camera-unavailable, …
   */
  snapshot(camera: string): Promise<Snapshot>;
}
