import { descriptors } from '../../process/descriptors.js';
import { CameraFailure } from '../failure.js';

/** File descriptors that each takes, with a margin. */
export const FDS_PER_SESSION = {
  /** A camera that opens. */
  camera: 40,
  /** A peer. */
  session: 16,
  /** A camera of a multi-camera connection: its RTP over the loopback interface. */
  stream: 8,
} as const;

/**
 * Refuses a session that could take the last descriptors: GLib aborts the process when it gets none, and all viewers
 * with it.
 * @param whose the process, as in "The camera's process"
 * @param needed for this session, and for all that were accepted and may not have taken theirs yet
 * @throws CameraFailure
 */
export function checkDescriptors(whose: string, needed: number): void {
  const found = descriptors();
  if (!found || found.free >= needed) return;
  throw new CameraFailure(
    `${whose} has ${found.free} of its ${found.limit} file descriptors left, too few for another session.`,
    'Try again when a viewer has left; if this persists, raise the limit (LimitNOFILE= of systemd, ulimit -n).',
    'overloaded',
  );
}
