import type { Control } from '../../domain/contract.js';
import type { ControlFailure, ControlValue, SetControls } from '../../domain/devices.js';
import { Failure } from '../../domain/failure.js';
import { isAlreadySet, isInactive, isSwitch, readSetting, type Setting } from './control-values.js';
import { parseControls } from './parse-controls.js';
import { INSTALL_V4L2_CTL, V4l2Error, v4l2ctl } from './v4l2-ctl.js';

/**
 * The current controls of a device; also works while it is capturing.
 * @throws Failure camera-unavailable
 */
export async function readControls(device: string): Promise<Control[]> {
  try {
    return parseControls(await v4l2ctl(device, ['--list-ctrls-menus']));
  } catch (error) {
    throw unavailable(device, error);
  }
}

/**
 * Sets controls of a device. All are checked first: if one is invalid, none is set. What the driver still refuses is
 * returned as failed.
 * @throws Failure invalid-body, camera-unavailable
 */
export async function setControls(
  device: string,
  values: Readonly<Record<string, ControlValue | null>>,
): Promise<SetControls> {
  const controls = await readControls(device);
  const settings = Object.entries(values).map(([name, value]) => readSetting(controls, name, value));
  const { done, refused, inactive } = await write(device, settings);
  const kept = done.filter(({ control }) => control.type !== 'button').map(({ control, kept }) => [control.name, kept]);
  return {
    kept: Object.fromEntries(kept) as SetControls['kept'],
    failed: [
      ...refused,
      ...inactive.map(name => ({ name, reason: 'it is inactive, as another control is automatic' })),
    ],
  };
}

/**
 * Sets a device's controls to the configured values, except those that have them already. A control that another one
 * makes inactive, such as the exposure time with automatic exposure, is skipped. Throws nothing.
 * @returns what could not be set
 */
export async function applyControls(
  device: string,
  values: Readonly<Record<string, ControlValue>>,
): Promise<ControlFailure[]> {
  const wanted = Object.entries(values);
  if (wanted.length === 0) return [];
  try {
    const controls = await readControls(device);
    const failed: ControlFailure[] = [];
    const settings = wanted.flatMap(([name, value]) => {
      try {
        return [readSetting(controls, name, value)];
      } catch (error) {
        failed.push({ name, reason: inWords(error) });
        return [];
      }
    });
    return [...failed, ...(await write(device, settings)).refused];
  } catch (error) {
    return wanted.map(([name]) => ({ name, reason: inWords(error) }));
  }
}

interface Written {
  done: Setting[];
  /** By the driver. */
  refused: ControlFailure[];
  /** Names of controls not written because they have no effect now. */
  inactive: string[];
}

/**
 * Writes one at a time, so that a failure can be attributed to a control: switches first, then what they leave active.
 * @throws Failure camera-unavailable
 */
async function write(device: string, settings: readonly Setting[]): Promise<Written> {
  const written: Written = { done: [], refused: [], inactive: [] };
  const others = settings.filter(({ control }) => !isSwitch(control));
  for (const setting of settings.filter(({ control }) => isSwitch(control))) await writeOne(device, setting, written);
  if (others.length === 0) return written;
  const now = new Map((await readControls(device)).map(control => [control.name, control]));
  for (const setting of others) {
    const control = now.get(setting.control.name) ?? setting.control;
    if (isInactive(control)) written.inactive.push(control.name);
    else await writeOne(device, { ...setting, control }, written);
  }
  return written;
}

async function writeOne(device: string, setting: Setting, { done, refused }: Written): Promise<void> {
  const { name } = setting.control;
  try {
    if (!isAlreadySet(setting)) await v4l2ctl(device, ['--set-ctrl', `${name}=${setting.written}`]);
    done.push(setting);
  } catch (error) {
    if (!(error instanceof V4l2Error) || error.fault !== 'failed') throw unavailable(device, error);
    refused.push({ name, reason: reasonIn(error.message) });
  }
}

/** v4l2-ctl names the call first, then the reason: `VIDIOC_S_CTRL: failed: Permission denied`. */
const reasonIn = (message: string): string => /: ([^:]+)$/.exec(message.trim())?.[1] ?? message;

function unavailable(device: string, error: unknown): unknown {
  if (!(error instanceof V4l2Error)) return error;
  const remedy =
    error.fault === 'missing' ? `${INSTALL_V4L2_CTL}.` : 'Unplug the camera and plug it in again, then try again.';
  return new Failure('camera-unavailable', `The controls of ${device} cannot be reached: ${error.message}`, { remedy });
}

const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error));
