import type { Control, Device } from './contract.js';
import type { Source } from './source.js';

/** A V4L2 camera that is plugged in, without the cameras that use it. */
export type CaptureDevice = Omit<Device, 'cameras'>;

export type CaptureMode = CaptureDevice['modes'][number];

/** What a control of a V4L2 device can be set to. */
export type ControlValue = number | boolean | string;

/** A control that could not be set, and why, without a full stop. */
export interface ControlFailure {
  name: string;
  reason: string;
}

export interface SetControls {
  /** Values to set again when the camera is replugged; null for those to forget. */
  kept: Readonly<Record<string, ControlValue | null>>;
  failed: readonly ControlFailure[];
}

/** The controls of V4L2 devices. */
export interface DeviceControls {
  /** @throws Failure camera-unavailable */
  read(device: string): Promise<Control[]>;
  /**
   * Sets several, or none if one of the values is not allowed; null restores a default.
   * @throws Failure invalid-body, camera-unavailable
   */
  set(device: string, values: Readonly<Record<string, ControlValue | null>>): Promise<SetControls>;
}

/** The source that identifies a device, whichever number Linux gives it. */
export const sourceOf = ({ serial, bus }: CaptureDevice): string =>
  `v4l2:${serial === null ? `bus=${bus}` : `serial=${serial}`}`;

/**
 * Finds the device of a source, as cameras come back under other numbers. A device that was found once is recognised by
 * its serial number, else by the port that it is plugged into.
 */
export class DeviceFinder {
  readonly #source: Source;
  readonly #resolve: (path: string) => string;
  #seen: CaptureDevice | null = null;

  /** @param resolve follows links such as /dev/v4l/by-id/…; returns the path itself if it does not exist */
  constructor(source: Source, resolve: (path: string) => string) {
    this.#source = source;
    this.#resolve = resolve;
  }

  /** Null while it is not plugged in, and for sources without a device. */
  find(devices: readonly CaptureDevice[]): CaptureDevice | null {
    const found = this.#find(devices);
    if (found) this.#seen = { ...found, serial: found.serial ?? this.#seen?.serial ?? null };
    return found;
  }

  #find(devices: readonly CaptureDevice[]): CaptureDevice | null {
    if (this.#source.type !== 'v4l2') return null;
    const { by, name } = this.#source;
    const again = (): CaptureDevice | null => devices.find(device => this.#isSeen(device)) ?? null;
    if (by === 'bus') return devices.find(({ bus }) => bus === name) ?? null;
    if (by === 'serial') return devices.find(({ serial }) => serial === name) ?? again();
    // Numbers are assigned in order of appearance, so another camera may have this one by now.
    if (this.#seen) return again();
    const path = this.#resolve(name);
    return devices.find(({ device }) => device === path) ?? null;
  }

  #isSeen(device: CaptureDevice): boolean {
    const seen = this.#seen;
    if (!seen) return false;
    if (seen.serial !== null && device.serial !== null) return seen.serial === device.serial;
    if (seen.bus !== device.bus) return false;
    // A serial number appears and disappears with a second camera that has the same one.
    return seen.serial === device.serial || seen.name === device.name;
  }
}
