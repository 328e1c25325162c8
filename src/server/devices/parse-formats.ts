import type { CaptureMode } from '../../domain/devices.js';

/**
 * Common sizes, from QCIF to 4K, that stand for the range of a camera that accepts any. The largest of the range is
 * added.
 */
const USUAL_SIZES: readonly (readonly [width: number, height: number])[] = [
  [160, 120],
  [176, 144],
  [320, 180],
  [320, 240],
  [352, 288],
  [424, 240],
  [640, 360],
  [640, 480],
  [800, 600],
  [848, 480],
  [960, 540],
  [1024, 576],
  [1024, 768],
  [1280, 720],
  [1280, 960],
  [1600, 1200],
  [1920, 1080],
  [2560, 1440],
  [3840, 2160],
];
/** Common frame rates that stand for a range. */
const USUAL_RATES: readonly number[] = [1, 5, 10, 15, 20, 24, 25, 30, 50, 60, 90, 120];

/** vivid has 174. */
const MAX_MODES = 2_000;

/**
 * Parses the output of `v4l2-ctl --list-formats-ext`, in the forms before and after version 1.18. Duplicate modes are
 * merged; a mode without frame rates is one whose driver does not list them.
 */
export function parseFormats(text: string): CaptureMode[] {
  const modes = new Map<string, CaptureMode>();
  let format = '';
  let current: CaptureMode[] = [];
  for (const line of text.split('\n')) {
    const named = /^\s*(?:\[\d+\]: |Pixel Format\s*: )'([^']+)'/.exec(line);
    if (named) {
      format = (named[1] ?? '').trim();
      current = [];
      continue;
    }
    const [, size] = /^\s*Size: (.+)$/.exec(line) ?? [];
    if (size !== undefined && format !== '') {
      current = parseSizes(size).map(([width, height]) => {
        const key = `${format} ${width}x${height}`;
        const mode = modes.get(key) ?? { format, width, height, framerates: [] };
        if (modes.size < MAX_MODES) modes.set(key, mode);
        return mode;
      });
      continue;
    }
    const [, interval] = /^\s*Interval: (.+)$/.exec(line) ?? [];
    if (interval !== undefined) for (const mode of current) mode.framerates.push(...parseRates(interval));
  }
  return [...modes.values()].map(mode => ({
    ...mode,
    framerates: [...new Set(mode.framerates)].sort((a, b) => b - a),
  }));
}

/** `Discrete 640x480`, `Stepwise 32x32 - 2592x1944 with step 2/2`, `Continuous 48x32 - 4096x2160`. */
function parseSizes(text: string): (readonly [number, number])[] {
  const [minWidth = 0, minHeight = 0, maxWidth, maxHeight, stepX = 1, stepY = 1] = numbers(text, /\d+/g);
  if (minWidth === 0 || minHeight === 0) return [];
  if (maxWidth === undefined || maxHeight === undefined) return [[minWidth, minHeight]];
  const fits = (value: number, min: number, max: number, step: number): boolean =>
    value >= min && value <= max && (value - min) % Math.max(1, step) === 0;
  const usual = USUAL_SIZES.filter(
    ([width, height]) => fits(width, minWidth, maxWidth, stepX) && fits(height, minHeight, maxHeight, stepY),
  );
  return [...usual, [maxWidth, maxHeight]];
}

/** `Discrete 0.033s (30.000 fps)`, `Stepwise 0.033s - 1.000s with step 0.001s (1.000-30.000 fps)`, `Continuous …`. */
function parseRates(text: string): number[] {
  const rates = numbers(/\(([^)]*) fps\)/.exec(text)?.[1] ?? '', /\d+(?:\.\d+)?/g).filter(rate => rate > 0);
  if (rates.length < 2) return rates;
  const [min, max] = [Math.min(...rates), Math.max(...rates)];
  return [...USUAL_RATES.filter(rate => rate >= min && rate < max), max];
}

const numbers = (text: string, pattern: RegExp): number[] => (text.match(pattern) ?? []).map(Number);
