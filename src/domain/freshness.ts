/** How old the media of a session's peer is, as measured at this end; see docs/freshness.md. */
export interface SessionFreshness {
  /** ms since something was last sent to a viewer, or received of a publisher; null before the first. */
  movedMs: number | null;
  /** ms since the peer's last RTCP report or packet; null before the first. */
  heardMs: number | null;
}

export interface CameraFreshness {
  /** ms since the newest frame that could be sent to viewers; null before the first. Grows until the next frame. */
  ageMs: number | null;
  /** By their ids. */
  sessions: ReadonlyMap<string, SessionFreshness>;
}

/** Knows the age of the newest frames, by clocks that do not jump. */
export interface FreshnessWatch {
  /**
   * Requests reports from the workers; resolves when all have arrived, or after `timeoutMs`: a hung worker sends none.
   * @param everyMs the interval of the requests: the shorter, the more exact the reports; 0 for a single request
   */
  refresh(everyMs: number, timeoutMs: number): Promise<void>;
  /** The current age, extrapolated from the last report. Null for an unknown camera. */
  freshness(camera: string): CameraFreshness | null;
}
