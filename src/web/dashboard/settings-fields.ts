/** The settings of a camera as fields of a form. Pure. */
import type { Camera } from '../shared/api.js';

export interface Field {
  /** The server's name for it. */
  key: 'name' | 'width' | 'height' | 'framerate' | 'bitrate' | 'keyframeInterval' | 'overlay';
  label: string;
  unit: string;
  /** Factor from the typed value to the server's. */
  scale: number;
  /** Allowed numbers, as typed. */
  range?: { min: number; max: number; step: number | 'any' };
  /** Allowed values and their labels. With neither these nor a range, the field is text. */
  choices?: Readonly<Record<string, string>>;
}

export type FieldKey = Field['key'];
/** The values as typed. */
export type Typed = Readonly<Record<FieldKey, string>>;

const KILO = 1_000;

/** The ranges are those of the contract (camera-settings.yaml): the server decides. */
export const fields: readonly Field[] = [
  { key: 'name', label: 'Name', unit: '', scale: 1 },
  { key: 'width', label: 'Width', unit: 'px', scale: 1, range: { min: 64, max: 7_680, step: 2 } },
  { key: 'height', label: 'Height', unit: 'px', scale: 1, range: { min: 64, max: 4_320, step: 2 } },
  { key: 'framerate', label: 'Frame rate', unit: 'fps', scale: 1, range: { min: 1, max: 240, step: 1 } },
  { key: 'bitrate', label: 'Bitrate', unit: 'kbit/s', scale: KILO, range: { min: 50, max: 100_000, step: 'any' } },
  {
    key: 'keyframeInterval',
    label: 'Keyframe every',
    unit: 'frames',
    scale: 1,
    range: { min: 1, max: 1_000, step: 1 },
  },
  { key: 'overlay', label: 'Overlay', unit: '', scale: 1, choices: { none: 'None', timemark: 'Time mark' } },
];

/** What the form shows of a camera. */
export function typedOf({ name, settings }: Pick<Camera, 'name' | 'settings'>): Typed {
  const shown = fields.map(({ key, scale }) => {
    if (key === 'name') return [key, name];
    const value = settings[key];
    return [key, typeof value === 'number' ? String(value / scale) : value];
  });
  return Object.fromEntries(shown) as Typed;
}

/** The changes as a merge patch; an empty field restores the default. */
export function patchOf(before: Typed, now: Typed): Record<string, string | number | null> {
  const changed = fields.filter(({ key }) => now[key].trim() !== before[key]);
  return Object.fromEntries(
    changed.map(({ key, scale, range }) => {
      const text = now[key].trim();
      if (text === '') return [key, null];
      return [key, range === undefined ? text : Math.round(Number(text) * scale)];
    }),
  );
}

/** What the form shows after the camera was changed elsewhere: unsaved input stays. */
export function mergeTyped(before: Typed, typed: Typed, now: Typed): Typed {
  const merged = fields.map(({ key }) => [key, typed[key] === before[key] ? now[key] : typed[key]]);
  return Object.fromEntries(merged) as Typed;
}

/** The first field that a server error names; undefined if it names none. */
export function fieldNamedIn(detail: string): FieldKey | undefined {
  const places = fields
    .map(({ key }) => ({ key, at: detail.search(new RegExp(`(?<![A-Za-z])${key}(?![A-Za-z])`)) }))
    .filter(({ at }) => at >= 0);
  return places.sort((a, b) => a.at - b.at)[0]?.key;
}
