/** Figures of a camera's stream, since its encoder was opened, or its source where that is passed through. */
export interface StreamFigures {
  /** Frames from the source since it was opened; null while none is open. */
  captured: number | null;
  encoded: number;
  /** Frames passed to the viewers. */
  sent: number;
  keyframes: number;
  /** Frames dropped because the source delivers more than the configured rate. */
  thinned: number;
  /** Encoded frames dropped because the thread that serves the viewers was too slow. */
  overrun: number;
  /** ms from a frame's capture time to the end of its encoding, of the last few frames; null without any. */
  delayMs: number | null;
  /** The part of `delayMs` spent on conversion and encoding; also null where the source delivers an encoded stream. */
  encodeMs: number | null;
}

/** Measurements of a camera that are made on request only. */
export interface CameraMeasures {
  /** Of its worker; null while there is none. */
  process: ProcessMeasures | null;
  /** Null while it is closed, and if its worker did not answer. */
  stream: StreamFigures | null;
}

export interface ProcessMeasures {
  cpuSeconds: number;
  residentBytes: number;
  fds: number;
  threads: number;
  /** The longest delay of its event loop in ms since the last request; null if unknown. */
  loopLagMs: number | null;
}

/** Measurements that have a cost. */
export interface Measuring {
  /** By the cameras' ids. */
  measure(): Promise<ReadonlyMap<string, CameraMeasures>>;
  /** The process for multi-camera connections; null while it does not run. */
  measureMultiCamera(): Promise<ProcessMeasures | null>;
}
