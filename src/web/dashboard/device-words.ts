/** Cameras that are plugged in, in words and as sources. Pure. */
import type { Device } from '../shared/api.js';
import { formatSize } from '../shared/formatting.js';

const LONGEST_ID = 63;

/** By what stays the same when it is replugged. */
export function sourceOf({ serial, bus, device }: Pick<Device, 'serial' | 'bus' | 'device'>): string {
  if (serial !== null) return `v4l2:serial=${serial}`;
  return bus === '' ? `v4l2:${device}` : `v4l2:bus=${bus}`;
}

/** Where it is, its largest mode, and which cameras use it or why none can. */
export function deviceLine({ device, bus, modes, usable, cameras }: Device): string {
  const largest = [...modes].sort((a, b) => b.width * b.height - a.width * a.height)[0];
  const best = largest === undefined ? '' : `up to ${formatSize(largest.width, largest.height)}`;
  const use = usable ?? (cameras.length > 0 ? `used by ${cameras.join(', ')}` : '');
  return [device, bus, best, use].filter(Boolean).join(' · ');
}

/** A unique id for a camera of this name: `hd-pro-webcam`, `hd-pro-webcam-2`. */
export function idFor(name: string, taken: readonly string[]): string {
  const word =
    name
      .normalize('NFKD')
      .replaceAll(/\p{M}/gu, '')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, LONGEST_ID - 4) || 'camera';
  let id = word;
  for (let n = 2; taken.includes(id); n++) id = `${word}-${n}`;
  return id;
}
