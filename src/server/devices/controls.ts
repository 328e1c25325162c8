import type { Control } from '../../domain/contract.js';
import type { ControlFailure, ControlValue, SetControls } from '../../domain/devices.js';
import { Failure } from '../../domain/failure.js';
import { isInactive, isSo, isSwitch, readSetting, type Setting } from './control-values.js';
import { parseControls } from './parse-controls.js';
import { INSTALL_V4L2_CTL, V4l2Error, v4l2ctl } from './v4l2-ctl.js';

/**
 * The controls of a device as they are now; also while somebody takes pictures from it.
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
 * Sets controls of a device. First all are looked at, and if one is wrong none is set; what the driver refuses all the
 * same is told.
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
 * Brings a device's controls to what is configured; nothing is written that is so already. A control that another one
 * makes inactive, as the exposure time while exposure is automatic, is passed over. Throws nothing.
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
  /** Names of what was not written, as it has no effect now. */
  inactive: string[];
}

/**
 * Writes one after the other, so that what fails is known by its name: switches first, then what they leave active.
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
    if (!isSo(setting)) await v4l2ctl(device, ['--set-ctrl', `${name}=${setting.written}`]);
    done.push(setting);
  } catch (error) {
    if (!(error instanceof V4l2Error) || error.trouble !== 'failed') throw unavailable(device, error);
    refused.push({ name, reason: reasonIn(error.message) });
  }
}

/** v4l2-ctl says it of the call, then of the control: `VIDIOC_S_CTRL: failed: Permission denied`. */
const reasonIn = (message: string): string => /: ([^:]+)$/.exec(message.trim())?.[1] ?? message;

function unavailable(device: string, error: unknown): unknown {
  if (!(error instanceof V4l2Error)) return error;
  const remedy =
    error.trouble === 'missing' ? `${INSTALL_V4L2_CTL}.` : 'Unplug the camera and plug it in again, then ask again.';
  return new Failure('camera-unavailable', `The controls of ${device} cannot be reached: ${error.message}`, { remedy });
}

const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error));
