import type { Control } from '../../domain/contract.js';
import type { ControlValue } from '../../domain/devices.js';
import { Failure } from '../../domain/failure.js';

/** A checked value: as v4l2-ctl takes it, and as it is saved in the configuration. */
export interface Setting {
  control: Control;
  written: string;
  /** Null for what is not saved: the default, and the press of a button. */
  kept: ControlValue | null;
}

/** Flags of controls that cannot be set. */
const FIXED = ['read-only', 'disabled'];

/**
 * Checks a value for a control; null restores its default.
 * @throws Failure invalid-body, which names the control, the value and what is expected
 */
export function readSetting(controls: readonly Control[], name: string, value: ControlValue | null): Setting {
  const control = controls.find(candidate => candidate.name === name);
  if (!control) {
    const known = controls.map(candidate => candidate.name).join(', ');
    throw new Failure('invalid-body', `The camera has no control "${name.slice(0, 63)}".`, {
      remedy: known === '' ? 'It has no controls.' : `Its controls are ${known}.`,
    });
  }
  const fixed = control.flags.find(flag => FIXED.includes(flag));
  if (fixed !== undefined) throw new Failure('invalid-body', `${name} cannot be set: it is ${fixed}.`);
  if (value === null) return { ...writeDefault(control), control, kept: null };
  const written = write(control, value);
  if (written === null) {
    throw new Failure(
      'invalid-body',
      `${name} is ${JSON.stringify(value).slice(0, 100)}; it must be ${expected(control)}.`,
    );
  }
  return { control, written, kept: control.type === 'button' ? null : keep(control, written) };
}

function writeDefault(control: Control): { written: string } {
  if (control.default === null)
    throw new Failure('invalid-body', `${control.name} is null, but it has no default to restore.`);
  return { written: String(Number(control.default)) };
}

/** As v4l2-ctl takes it; null for a value that the control does not have. */
function write(control: Control, value: ControlValue): string | null {
  switch (control.type) {
    case 'bool':
      return value === true || value === 1 ? '1' : value === false || value === 0 ? '0' : null;
    case 'button':
      return value === true || value === 1 ? '1' : null;
    case 'string':
      return typeof value === 'string' && isText(control, value) ? value : null;
    case 'menu':
    case 'intmenu': {
      const item = control.menu?.find(
        ({ value: number, label }) =>
          number === value || (typeof value === 'string' && label.toLowerCase() === value.trim().toLowerCase()),
      );
      return item ? String(item.value) : null;
    }
    case 'bitmask': {
      // 32 bits, unsigned; JavaScript's operators are signed.
      const fits =
        typeof value === 'number' && value >= 0 && value <= 0xffff_ffff && (value & ~(control.max ?? 0)) === 0;
      return fits ? String(value) : null;
    }
    case 'int':
      return typeof value === 'number' && isInRange(control, value) ? String(value) : null;
  }
}

function isInRange({ min, max, step }: Control, value: number): boolean {
  if (!Number.isSafeInteger(value) || value < (min ?? value) || value > (max ?? value)) return false;
  return step === null || step <= 1 || min === null || (value - min) % step === 0;
}

/** v4l2-ctl takes a comma for the end of a value. */
function isText({ min, max, step }: Control, value: string): boolean {
  return !/[,\p{Cc}]/u.test(value) && isInRange({ min, max, step } as Control, Buffer.byteLength(value));
}

function keep({ type }: Control, written: string): ControlValue {
  if (type === 'bool') return written === '1';
  return type === 'string' ? written : Number(written);
}

/** The valid values, in words. */
function expected({ type, min, max, step, menu }: Control): string {
  const steps = step !== null && step > 1 ? `, in steps of ${step}` : '';
  switch (type) {
    case 'bool':
      return 'true or false';
    case 'button':
      return 'true, which presses it';
    case 'string':
      return `a text of ${min} to ${max} bytes${steps}, without commas`;
    case 'menu':
    case 'intmenu':
      return `one of ${(menu ?? []).map(({ value, label }) => `${value} (${label})`).join(', ')}`;
    case 'bitmask':
      return `bits of ${max}`;
    case 'int':
      return `a whole number from ${min} to ${max}${steps}`;
  }
}

/** Whether a control already has the value. */
export function isAlreadySet({ control, written }: Setting): boolean {
  if (control.value === null) return false;
  return control.type === 'string' ? control.value === written : Number(control.value) === Number(written);
}

/** Whether this control makes others inactive: an automatic mode that is on disables the manual controls. */
export const isSwitch = ({ name, type }: Control): boolean =>
  (type === 'bool' || type === 'menu') && /(?:^|_)auto/.test(name);

export const isInactive = ({ flags }: Control): boolean => flags.includes('inactive') || flags.includes('grabbed');
