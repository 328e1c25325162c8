import type { Config } from '../sources/opening.js';
import type { CameraSettings, ConfigurationChange } from './camera-state.js';

/**
 * What a change of the configuration asks of a camera that is open: `source`: another one is opened; `pictures`: the same
 * one, set anew; `no`: it goes on.
 * @param rate frames a second that the source brings by itself; null if it is not known
 */
export function reopens(before: Config, after: Config, rate: number | null): 'no' | 'pictures' | 'source' {
  const isOther = (key: 'source' | 'passthrough' | 'overlay'): boolean => !same(before[key], after[key]);
  if (isOther('source')) return 'source';
  switch (after.source.type) {
    // Always passed through, whatever is configured.
    case 'whip':
    case 'forwarded':
      return 'no';
    // They have a size and a rate of their own.
    case 'file':
    case 'rtsp':
      return isOther('passthrough') || isOther('overlay') ? 'source' : 'no';
    default: {
      if (isOther('passthrough') || isOther('overlay')) return 'source';
      if (before.width !== after.width || before.height !== after.height) return 'pictures';
      // Fewer are left out in front of the encoder; for more, the camera must bring more.
      return after.framerate > (rate ?? before.framerate) ? 'pictures' : 'no';
    }
  }
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What of a configuration decides about the camera's life. */
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

/** What a change of the configuration means to a camera. @param rate see reopens */
export function describeChange(before: Config, after: Config, rate: number | null): Omit<ConfigurationChange, 'type'> {
  return {
    settings: settingsOf(after),
    reopen: reopens(before, after, rate),
    isBack: after.device !== null && before.device?.device !== after.device.device,
  };
}

/** What of a source opens once; null for one that opens as often as it is asked for. */
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
