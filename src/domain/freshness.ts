/** How old what a session's peer has is, as far as this end of it knows; see docs/freshness.md. */
export interface SessionFreshness {
  /** ms since something was last sent to a viewer, or received of a publisher; null before the first. */
  movedMs: number | null;
  /** ms since the peer was last heard: a report of its own, or a packet; null before the first. */
  heardMs: number | null;
}

export interface CameraFreshness {
  /** ms since the newest picture of the camera that viewers could be sent; null if there never was one. It only grows without one. */
  ageMs: number | null;
  /** By their ids. */
  sessions: ReadonlyMap<string, SessionFreshness>;
}

/** Knows how old the newest pictures are, by clocks that do not jump. */
export interface FreshnessWatch {
  /**
   * Has the workers say what they know now; resolves when they have, or after `patienceMs`: one that hangs says nothing.
   * @param everyMs until it is asked again; what is said is the more exact the shorter it is; 0 for once
   */
  refresh(everyMs: number, timeoutMs: number): Promise<void>;
  /** At this moment, by what was said last: it grows by itself. Null for a camera that is not there. */
  freshness(camera: string): CameraFreshness | null;
}
