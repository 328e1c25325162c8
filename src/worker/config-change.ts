import type { Config } from './opening.js';

/**
 * What a change of the configuration asks of a camera that is open: `source`: another one is opened; `pictures`: the same
 * one, set anew; `no`: it goes on.
 * @param rate frames a second that the source brings by itself; null if it is not known
 */
export function reopens(before: Config, after: Config, rate: number | null): 'no' | 'pictures' | 'source' {
  const isOther = (key: 'source' | 'passthrough' | 'overlay'): boolean => !same(before[key], after[key]);
  // The latter two say whether it is passed on.
  if (isOther('source') || isOther('passthrough') || isOther('overlay')) return 'source';
  switch (after.source.type) {
    // They have a size and a rate of their own.
    case 'file':
    case 'rtsp':
    case 'whip':
    case 'legacy':
      return 'no';
    default: {
      if (before.width !== after.width || before.height !== after.height) return 'pictures';
      // Fewer are left out in front of the encoder; for more, the camera must bring more.
      return after.framerate > (rate ?? before.framerate) ? 'pictures' : 'no';
    }
  }
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
