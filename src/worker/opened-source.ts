import type { CameraFailure } from './failure.js';

/** A source that was opened: what a camera's pictures come from, until it ends or is closed. */
export interface OpenedSource {
  /** Pictures that it has brought. */
  count(): number;
  /** Why it cannot go on; null while it can. To be asked again and again, as some have work to do then. */
  look(): CameraFailure | null;
  close(): void;
}
