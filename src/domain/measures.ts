/** Of a camera's stream, since its encoder was opened, or its source where that is passed on. */
export interface StreamFigures {
  /** Pictures that the source brought since it was opened; null while none is open. */
  captured: number | null;
  encoded: number;
  /** Those that were handed on to the viewers. */
  sent: number;
  keyframes: number;
  /** Pictures that were left out, as there were more than wanted. */
  thinned: number;
  /** Encoded pictures that were left out, as the thread that serves the viewers did not come to them. */
  overrun: number;
  /** Ms from a picture's own time to when it was encoded, of the last few; null where none came. */
  delayMs: number | null;
  /** Ms of them that were converting for the encoder and encoding; null as well where the stream came encoded. */
  encodeMs: number | null;
}

/** What is measured of a camera only when somebody asks. */
export interface CameraMeasures {
  /** Of its worker; null while there is none. */
  process: ProcessMeasures | null;
  /** Null while it is closed, and where its worker gave no answer. */
  stream: StreamFigures | null;
}

export interface ProcessMeasures {
  cpuSeconds: number;
  residentBytes: number;
  fds: number;
  threads: number;
  /** ms that its event loop was held up at the longest, since somebody asked last; null where that is not known. */
  loopLagMs: number | null;
}

/** Measures what costs something. */
export interface Measuring {
  /** By the cameras' ids. */
  measure(): Promise<ReadonlyMap<string, CameraMeasures>>;
  /** Of the process for connections of several cameras; null while it does not run. */
  measureMultiCamera(): Promise<ProcessMeasures | null>;
}
