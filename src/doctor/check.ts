import type { Config } from '../domain/contract.js';
import type { CameraPlan, IcePlan, Machine } from '../domain/ports.js';
import type { NeededElement } from '../media/messages.js';

/** What a check found: `warn` works and could be better, `fail` does not work. */
export interface Finding {
  status: 'ok' | 'warn' | 'fail';
  /** What was looked at, in a word. */
  check: string;
  /** What was found, without a full stop. */
  detail: string;
  /** What to do about it, as a sentence; none for what is well. */
  remedy?: string;
}

/** One thing that is looked at. It throws nothing. */
export type Check = (context: Context) => Promise<Finding[]>;

/** What the checks look at. */
export interface Context {
  configFile: string | null;
  /** What is configured; null when that is wrong, and then `mistakes` says how, a line each. */
  settings: Settings | null;
  mistakes: readonly string[];
  /** What the probe finds out about GStreamer, in a process of its own; it runs once, when first asked. */
  machine(): Promise<MachineFacts>;
}

export interface Settings {
  config: Config;
  /** Null for what is plugged in. */
  cameras: readonly CameraPlan[] | null;
  ice: IcePlan;
}

export type MachineFacts = Machine & {
  missing: readonly NeededElement[];
  /** Why GStreamer could not be loaded; null where it could. */
  error: string | null;
};
