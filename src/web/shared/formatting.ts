/** Numbers as people read them. Pure. */
import { formatAge as ageInWords } from '../../protocol/age.js';

/** A no-break space keeps a number and its unit on one line. */
const GAP = '\u00a0';
const ABSENT = '–';

const known = (value: number | undefined): value is number => value !== undefined && Number.isFinite(value);

export function formatBitrate(bitsPerSecond: number | undefined): string {
  if (!known(bitsPerSecond)) return ABSENT;
  if (bitsPerSecond < 999_500) return `${Math.round(bitsPerSecond / 1e3)}${GAP}kbit/s`;
  const megabits = bitsPerSecond / 1e6;
  return `${megabits.toFixed(megabits < 9.95 ? 1 : 0)}${GAP}Mbit/s`;
}

export function formatFps(fps: number | undefined): string {
  if (!known(fps)) return ABSENT;
  return `${fps.toFixed(fps < 9.5 && Math.abs(fps - Math.round(fps)) > 0.05 ? 1 : 0)}${GAP}fps`;
}

export function formatMs(ms: number | undefined): string {
  if (!known(ms)) return ABSENT;
  return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)}${GAP}ms`;
}

export function formatPercent(percent: number | undefined): string {
  if (!known(percent)) return ABSENT;
  if (percent > 0 && percent < 0.1) return `<0.1${GAP}%`;
  return `${percent.toFixed(percent === 0 || percent >= 9.95 ? 0 : 1)}${GAP}%`;
}

export function formatSize(width: number | undefined, height: number | undefined): string {
  return known(width) && known(height) && width > 0 && height > 0 ? `${width}×${height}` : ABSENT;
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** An age or a wait: tenths below a minute, because a tenth is what an operator acts on. */
export const formatAge = (ms: number): string => withGaps(ageInWords(ms / 1_000, 60));

export const formatDuration = (seconds: number): string => withGaps(ageInWords(seconds));

/** Keeps each number on one line with its unit. */
const withGaps = (words: string): string => words.replaceAll(/(?<=\d) (?=[a-z])/g, GAP);

/** `road-2026-01-31T12-00-00.000Z.png`: an ISO time whose colons are hyphens, since Windows refuses colons in names. */
export function snapshotName(camera: string, at: Date): string {
  return `${camera.replace(/[^A-Za-z0-9_-]+/g, '_')}-${at.toISOString().replaceAll(':', '-')}.png`;
}
