import { formatAge } from '../../protocol/age.js';

/** s */
const TENTHS_BELOW = 10;

/** The text over an old frame, or before the first one. */
export function warning(ageMs: number | null, text: string | null): string {
  const age = ageMs === null ? [] : [`VIDEO IS ${formatAge(ageMs / 1000, TENTHS_BELOW)} OLD`];
  return [...age, ...(text === null ? [] : [text])].join('\n');
}

/** `drive.mkv`, `drive-2.mkv`, … */
export function numbered(file: string, number: number): string {
  return number === 1 ? file : file.replace(/(\.[^./]*)?$/, extension => `-${number}${extension}`);
}
