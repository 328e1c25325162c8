import type { Config } from '../sources/opening.js';
import type { CameraSettings, ConfigurationChange } from './camera-state.js';

/**
 * Whether a changed configuration reopens an open camera: `source`: another source is opened; `format`: the same source
 * is reopened in another format; `no`: it keeps running.
 * @param rate frames per second of the source itself; null if unknown
 */
export function reopens(before: Config, after: Config, rate: number | null): 'no' | 'format' | 'source' {
  const isOther = (key: 'source' | 'passthrough' | 'overlay'): boolean => !same(before[key], after[key]);
  if (isOther('source')) return 'source';
  switch (after.source.type) {
    // Always passed through, regardless of the configuration.
    case 'whip':
    case 'forwarded':
      return 'no';
    // Their size and rate are fixed.
    case 'file':
    case 'rtsp':
      return isOther('passthrough') || isOther('overlay') ? 'source' : 'no';
    default: {
      if (isOther('passthrough') || isOther('overlay')) return 'source';
      if (before.width !== after.width || before.height !== after.height) return 'format';
      // videorate drops frames before the encoder; a higher rate must come from the camera.
      return after.framerate > (rate ?? before.framerate) ? 'format' : 'no';
    }
  }
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The part of a configuration that drives the camera's lifecycle. */
export function settingsOf(config: Config): CameraSettings {
  const { source, device, stallTimeout, lingerMs, publisherReturnMs } = config;
  return {
    source,
    isPresent: source.type !== 'v4l2' || device !== null,
    device: deviceOf(config),
    stallTimeoutMs: stallTimeout * 1000,
    lingerMs,
    publisherReturnMs,
  };
}

/** The event `change` for a changed configuration. @param rate see reopens */
export function describeChange(before: Config, after: Config, rate: number | null): Omit<ConfigurationChange, 'type'> {
  return {
    settings: settingsOf(after),
    reopen: reopens(before, after, rate),
    isBack: after.device !== null && before.device?.device !== after.device.device,
  };
}

/** The exclusive device of a source; null for a source that opens many times. */
function deviceOf({ source, device }: Config): string | null {
  switch (source.type) {
    case 'test':
    case 'file':
    case 'whip':
    case 'forwarded':
      return null;
    case 'v4l2':
      return device?.device ?? null;
    default:
      return JSON.stringify(source);
  }
}
