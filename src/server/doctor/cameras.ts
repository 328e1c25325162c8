import type { CameraPlan } from '../../domain/camera-plan.js';
import type { CaptureDevice } from '../../domain/devices.js';
import { DeviceFinder } from '../../domain/devices.js';
import { showSource } from '../../domain/source.js';
import { followLink } from '../media/camera-device.js';
import type { Check, DevicesFound, Finding } from './check.js';

export const checkCameras: Check = async ({ settings, devices }) =>
  judgeCameras(await devices(), settings?.cameras ?? null);

/**
 * The cameras that are plugged in, and those that are configured but not plugged in.
 * @param cameras null where plugged-in cameras are served, or the configuration is unknown
 */
export function judgeCameras({ devices, problems }: DevicesFound, cameras: readonly CameraPlan[] | null): Finding[] {
  const configured = (cameras ?? [])
    .filter(({ source }) => source.type === 'v4l2')
    .map(camera => ({ ...camera, device: new DeviceFinder(camera.source, followLink).find(devices) }));
  const findings = [
    ...problems.map(
      ({ detail, remedy }): Finding => ({
        status: 'fail',
        check: 'cameras',
        detail,
        ...(remedy === undefined ? {} : { remedy }),
      }),
    ),
    ...devices.map(device =>
      judgeDevice(
        device,
        configured.filter(camera => camera.device === device).map(({ id }) => id),
      ),
    ),
    ...configured
      .filter(({ device }) => device === null)
      .map(
        ({ id, source }): Finding => ({
          status: 'fail',
          check: 'cameras',
          detail: `camera "${id}" is ${showSource(source)}, which is not plugged in`,
          remedy: 'Plug it in, or correct its source: the command "devices" lists the cameras.',
        }),
      ),
  ];
  return findings.length > 0 ? findings : [{ status: 'ok', check: 'cameras', detail: 'no V4L2 camera is plugged in' }];
}

/** @param users ids of the cameras that use it */
function judgeDevice({ device, name, bus, usable, modes }: CaptureDevice, users: readonly string[]): Finding {
  const by = users.length === 0 ? '' : `, used by ${users.join(', ')}`;
  const detail = `${device}: ${name} at ${bus}${by}`;
  if (usable === null) {
    const formats = [...new Set(modes.map(({ format }) => format))].join(', ');
    return { status: 'ok', check: 'cameras', detail: `${detail} (${formats})` };
  }
  // An unusable device that no camera uses is not a failure.
  return { status: users.length > 0 ? 'fail' : 'warn', check: 'cameras', detail, remedy: `Not usable: ${usable}` };
}
