import { realpathSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { CameraPlan, CameraStatus } from '../../domain/camera-plan.js';
import type { CaptureDevice, ControlFailure } from '../../domain/devices.js';
import { DeviceFinder } from '../../domain/devices.js';
import type { Log } from '../../domain/log.js';

/** Sets a device's controls to the configured values; see server/devices/controls.ts. Throws nothing. */
export type ApplyControls = (
  device: string,
  values: CameraPlan['settings']['controls'],
) => Promise<readonly ControlFailure[]>;

export interface CameraDeviceOptions {
  plan: CameraPlan;
  devices: readonly CaptureDevice[];
  applyControls: ApplyControls;
  /** It was plugged in or unplugged, or its name or modes have changed. */
  onChange(): void;
  /** The notices have changed. */
  onNotices(): void;
  log: Log;
}

/** Tracks the V4L2 device of a camera's source as it is plugged in and out, and applies the configured controls. */
export class CameraDevice {
  readonly #options: CameraDeviceOptions;
  #plan: CameraPlan;
  #finder: DeviceFinder;
  #devices: readonly CaptureDevice[];
  #current: CaptureDevice | null;
  #failed: readonly ControlFailure[] = [];

  constructor(options: CameraDeviceOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#devices = options.devices;
    this.#finder = new DeviceFinder(options.plan.source, followLink);
    this.#current = this.#finder.find(options.devices);
    void this.#apply();
  }

  /** Null while it is not plugged in, and for sources without a device. */
  get current(): CaptureDevice | null {
    return this.#current;
  }

  /** Controls that could not be set as configured. */
  get notices(): CameraStatus['notices'] {
    return this.#failed.map(({ name, reason }) => ({
      code: 'control-failed',
      detail: `The control ${name} could not be set: ${reason}.`,
      remedy: `GET /api/v1/cameras/${this.#plan.id}/controls lists the controls.`,
    }));
  }

  /** Applies a new plan, which may change the source or the controls. */
  change(plan: CameraPlan): void {
    const before = this.#plan;
    this.#plan = plan;
    if (!isDeepStrictEqual(plan.source, before.source)) {
      this.#finder = new DeviceFinder(plan.source, followLink);
      this.#find();
    } else if (!isDeepStrictEqual(plan.settings.controls, before.settings.controls)) void this.#apply();
  }

  setDevices(devices: readonly CaptureDevice[]): void {
    this.#devices = devices;
    this.#find();
  }

  #find(): void {
    const found = this.#finder.find(this.#devices);
    if (isDeepStrictEqual(found, this.#current)) return;
    const before = this.#current;
    this.#current = found;
    if ((before === null) !== (found === null))
      this.#options.log.info({ device: (found ?? before)?.device }, found ? 'camera plugged in' : 'camera unplugged');
    void this.#apply();
    this.#options.onChange();
  }

  async #apply(): Promise<void> {
    const { controls } = this.#plan.settings;
    const device = this.#current;
    const failed = device ? await this.#options.applyControls(device.device, controls) : [];
    if (this.#current !== device || this.#plan.settings.controls !== controls) return;
    if (isDeepStrictEqual(failed, this.#failed)) return;
    this.#failed = failed;
    if (failed.length > 0) this.#options.log.warn({ failed }, 'controls could not be set');
    this.#options.onNotices();
  }
}

/** The target of a link such as /dev/v4l/by-id/…; the path itself where it does not exist. */
export function followLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
