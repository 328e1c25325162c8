import type { CaptureMode } from '../../domain/devices.js';
import { isH264, isJpeg, rawRank } from '../../domain/pixel-formats.js';
import type { CameraFormat } from '../encoding/launch.js';
import { reaches, showRate } from './framerate.js';

/** The capture mode of a V4L2 camera. */
export interface ChosenMode {
  /** V4L2's FourCC. */
  format: string;
  /** Pixels. */
  width: number;
  height: number;
  /** Frames per second. */
  framerate: number;
}

export interface ModeOptions {
  /** Whether the camera's own H.264 is used: it is passed through, so it cannot be scaled. */
  h264: 'never' | 'allowed' | 'only';
  /** Compressed formats that this machine can decode (see decodedFormats). */
  decodes: readonly string[];
}

export interface Choice {
  mode: ChosenMode;
  /** Whether it has the requested size, at the requested rate or more. */
  exact: boolean;
  /** If not exact: what is missing, and what it is instead. */
  detail: string | null;
}

/**
 * Chooses the capture mode of a V4L2 camera that leaves the least work: at the wanted size and rate its own H.264,
 * which needs no encoder; then raw formats by the cost of converting them; then JPEG. Null if the camera has no usable
 * mode.
 *
 * If no mode fits, the nearest, by these criteria in order:
 *   1. at least half of the rate;
 *   2. a size that gives the wanted one, as it is or scaled down; then one that is larger on both sides and scaled down
 *      to fit inside; then one that is smaller on a side, the largest first;
 *   3. the rate, up to the wanted one, except for sizes smaller on a side, where the size comes first;
 *   4. the sent size nearest to the wanted one, then the smaller captured size;
 *   5. less work, then fewer dropped frames.
 */
export function chooseMode(
  modes: readonly CaptureMode[],
  wanted: CameraFormat,
  { h264, decodes }: ModeOptions,
): Choice | null {
  const usable = ({ format }: CaptureMode): boolean =>
    isH264(format) ? h264 !== 'never' : h264 !== 'only' && (rawRank(format) >= 0 || decodes.includes(format));
  let best: { mode: ChosenMode; cost: readonly number[] } | null = null;
  for (const { format, width, height, framerates } of modes.filter(usable)) {
    // A driver that lists no rates takes the requested one.
    const mode = { format, width, height, framerate: chooseRate(framerates, wanted.framerate, format) };
    if (h264 === 'allowed' && isH264(format) && !suits(mode, wanted)) continue;
    const cost = costOf(mode, wanted);
    if (!best || isLess(cost, best.cost)) best = { mode, cost };
  }
  if (!best) return null;
  const { mode } = best;
  const exact = suits(mode, wanted);
  return { mode, exact, detail: exact ? null : describeNearest(mode, wanted) };
}

/** The encoded size of a mode: no larger than wanted, in the mode's aspect ratio, even. */
export function outputSize(
  mode: { width: number; height: number },
  wanted: { width: number; height: number },
): { width: number; height: number } {
  const scale = Math.min(1, wanted.width / mode.width, wanted.height / mode.height);
  const even = (pixels: number, limit: number): number =>
    Math.max(2, Math.min(2 * Math.round((pixels * scale) / 2), 2 * Math.floor(Math.min(limit, pixels) / 2)));
  return { width: even(mode.width, wanted.width), height: even(mode.height, wanted.height) };
}

/**
 * The lowest rate that is enough, as excess frames are dropped; otherwise the highest. H.264 frames cannot be dropped.
 */
function chooseRate(rates: readonly number[], wanted: number, format: string): number {
  const enough = rates.filter(rate => reaches(rate, wanted));
  const less = rates.filter(rate => reaches(wanted, rate));
  if (isH264(format) && less.length > 0) return Math.max(...less);
  if (enough.length > 0) return Math.min(...enough);
  return rates.length > 0 ? Math.max(...rates) : wanted;
}

/** Whether a mode is what is wanted; for H.264, of which no frames can be dropped, not more either. */
const suits = (mode: ChosenMode, wanted: CameraFormat): boolean =>
  sameSize(mode, wanted) &&
  reaches(mode.framerate, wanted.framerate) &&
  (!isH264(mode.format) || reaches(wanted.framerate, mode.framerate));

function costOf(mode: ChosenMode, wanted: CameraFormat): number[] {
  const { format, width, height, framerate } = mode;
  const sent = isH264(format) ? mode : outputSize(mode, wanted);
  const covers = width >= wanted.width && height >= wanted.height;
  const missing = reaches(framerate, wanted.framerate) ? 0 : wanted.framerate - framerate;
  return [
    framerate * 2 >= wanted.framerate ? 0 : 1,
    sameSize(sent, wanted) ? 0 : covers ? 1 : 2,
    covers ? missing : 0,
    Math.abs(Math.log((wanted.width * wanted.height) / (sent.width * sent.height))),
    width * height,
    missing,
    work(format),
    Math.abs(framerate - wanted.framerate),
  ];
}

function work(format: string): number {
  if (isH264(format)) return -1;
  return isJpeg(format) ? Number.MAX_SAFE_INTEGER : rawRank(format);
}

const sameSize = (a: { width: number; height: number }, b: { width: number; height: number }): boolean =>
  a.width === b.width && a.height === b.height;

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((cost, i) => cost !== b[i]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}

function describeNearest(mode: ChosenMode, wanted: CameraFormat): string {
  const show = ({ width, height, framerate }: CameraFormat): string => `${width}x${height} at ${showRate(framerate)}`;
  const size = outputSize(mode, wanted);
  const scaled = isH264(mode.format) || sameSize(size, mode) ? '' : `, scaled to ${size.width}x${size.height}`;
  const what = isH264(mode.format) ? "the camera's own H.264" : 'the camera';
  return `${what} has no ${show(wanted)}; it is set to ${show(mode)}${scaled}`;
}
