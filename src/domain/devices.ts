import type { CaptureDevice } from './ports.js';
import type { Source } from './source.js';

/** The device that a source means now; null where it is not plugged in, and for sources that mean none. */
export function findDevice(source: Source, devices: readonly CaptureDevice[]): CaptureDevice | null {
  if (source.type !== 'v4l2') return null;
  const { by, name } = source;
  return devices.find(device => device[by] === name) ?? null;
}
