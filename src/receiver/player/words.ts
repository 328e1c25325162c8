import { formatAge } from '../../protocol/age.js';

/** s */
const TENTHS_BELOW = 10;

/** What stands over a picture that is old, or where none is yet. */
export function warning(ageMs: number | null, text: string | null): string {
  const age = ageMs === null ? [] : [`PICTURE IS ${formatAge(ageMs / 1000, TENTHS_BELOW)} OLD`];
  return [...age, ...(text === null ? [] : [text])].join('\n');
}

/** `drive.mkv`, `drive-2.mkv`, … */
export function numbered(file: string, number: number): string {
  return number === 1 ? file : file.replace(/(\.[^./]*)?$/, extension => `-${number}${extension}`);
}
