import { descriptors } from '../../process/descriptors.js';
import { CameraFailure } from '../failure.js';

/** File descriptors that something takes, with some to spare. */
export const FDS_PER_SESSION = {
  /** A camera that opens. */
  camera: 40,
  /** A peer. */
  session: 16,
  /** A camera of a peer who has several: its way in or out over the loopback. */
  stream: 8,
} as const;

/**
 * Refuses who would take the last of them: GLib ends the process where it gets no descriptor, and with it all who watch.
 * @param whose the process, as in "the camera's process"
 * @param needed of whoever asks, and of all who have been let in and may not have taken theirs yet
 * @throws CameraFailure
 */
export function checkDescriptors(whose: string, needed: number): void {
  const found = descriptors();
  if (!found || found.free >= needed) return;
  throw new CameraFailure(
    `${whose} has ${found.free} of its ${found.limit} files and connections left, too few for another session.`,
    'Ask again when somebody has left; if that lasts, let it open more (LimitNOFILE= of systemd, ulimit -n).',
    'overloaded',
  );
}
