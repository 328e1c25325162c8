import type { CameraSettings } from '../../domain/contract.js';
import type { CaptureDevice } from '../../domain/devices.js';
import { sourceOf } from '../../domain/devices.js';

/** What is shown where there is no camera. */
const TEST_PATTERN = { test: { source: 'test', name: 'Test picture' } };
/** Of an id, without what tells two alike apart. */
const MAX_NAME = 40;

/**
 * The cameras of a server that has none configured: what is plugged in, and what was so since it started, as a camera
 * that is unplugged comes back. The test picture while there was none.
 */
export class PluggedIn {
  readonly #served = new Map<string, { source: string; name: string }>();

  /** The cameras that are to be served from now on, under their ids. */
  cameras(devices: readonly CaptureDevice[]): Record<string, CameraSettings> {
    const usable = devices.filter(({ usable }) => usable === null);
    for (const device of usable) {
      const source = sourceOf(device);
      const isServed = [...this.#served.values()].some(camera => camera.source === source);
      if (!isServed) this.#served.set(this.#freeId(device, usable), { source, name: device.name.slice(0, 100) });
    }
    const cameras = this.#served.size > 0 ? Object.fromEntries(this.#served) : TEST_PATTERN;
    // What is left out has its default.
    return cameras as Record<string, CameraSettings>;
  }

  /** An id that is the same after the next start with the same cameras, whatever numbers Linux gives them. */
  #freeId(device: CaptureDevice, devices: readonly CaptureDevice[]): string {
    const name = slug(device.name).slice(0, MAX_NAME) || 'camera';
    const isAlone = devices.every(other => other === device || slug(other.name) !== slug(device.name));
    if (isAlone && !this.#served.has(name)) return name;
    const place = slug(device.serial ?? device.bus.replace(/^usb-.*-/, '').replace(/^platform:/, ''));
    const id = place.startsWith(name) ? place : `${name}-${place}`;
    return this.#served.has(id) ? `${name}-${slug(device.bus)}` : id;
  }
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
