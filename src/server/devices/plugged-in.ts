import type { CameraSettings } from '../../domain/contract.js';
import type { CaptureDevice } from '../../domain/devices.js';
import { sourceOf } from '../../domain/devices.js';

/** Served while there is no camera. */
const TEST_PATTERN = { test: { source: 'test', name: 'Test pattern' } };
/** Of an id, without the suffix that distinguishes cameras of the same name. */
const MAX_NAME = 40;

/**
 * The cameras of a server without configured ones: those plugged in now or earlier since its start, as an unplugged
 * camera comes back. A test pattern until there is one.
 */
export class PluggedIn {
  readonly #served = new Map<string, { source: string; name: string }>();

  /** The cameras to serve from now on, by id. */
  cameras(devices: readonly CaptureDevice[]): Record<string, CameraSettings> {
    const usable = devices.filter(({ usable }) => usable === null);
    for (const device of usable) {
      const source = sourceOf(device);
      const isServed = [...this.#served.values()].some(camera => camera.source === source);
      if (!isServed) this.#served.set(this.#freeId(device, usable), { source, name: device.name.slice(0, 100) });
    }
    const cameras = this.#served.size > 0 ? Object.fromEntries(this.#served) : TEST_PATTERN;
    // Settings left out have their defaults.
    return cameras as Record<string, CameraSettings>;
  }

  /** An id that stays the same across restarts with the same cameras, even if Linux numbers them differently. */
  #freeId(device: CaptureDevice, devices: readonly CaptureDevice[]): string {
    const name = slug(device.name).slice(0, MAX_NAME) || 'camera';
    const isAlone = devices.every(other => other === device || slug(other.name) !== slug(device.name));
    if (isAlone && !this.#served.has(name)) return name;
    const suffix = slug(device.serial ?? device.bus.replace(/^usb-.*-/, '').replace(/^platform:/, ''));
    const id = suffix.startsWith(name) ? suffix : `${name}-${suffix}`;
    return this.#served.has(id) ? `${name}-${slug(device.bus)}` : id;
  }
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
