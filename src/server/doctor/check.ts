import type { CameraPlan } from '../../domain/camera-plan.js';
import type { Config } from '../../domain/contract.js';
import type { CaptureDevice } from '../../domain/devices.js';
import type { IcePlan } from '../../domain/ice.js';
import type { Machine } from '../../domain/media-engine.js';
import type { NeededElement } from '../../messages/camera-worker.js';
import type { TriedDecoder } from '../media/prober.js';
import type { SystemFacts } from './facts.js';

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

/** One thing that is looked at; nothing is found where it does not apply. It throws nothing. */
export type Check = (context: Context) => Promise<Finding[]>;

/** What belongs together, under a heading. */
export interface Group {
  title: string;
  findings: readonly Finding[];
}

/** What the checks look at. */
export interface Context {
  configFile: string | null;
  /** What is configured; null when that is wrong, and then `mistakes` says how, a line each. */
  settings: Settings | null;
  mistakes: readonly string[];
  /** What the probe finds out about GStreamer, in a process of its own; it runs once, when first asked. */
  machine(): Promise<MachineFacts>;
  /** The V4L2 cameras that are plugged in. */
  devices(): Promise<DevicesFound>;
  /** What files and commands say; read once, when first asked. */
  facts(): Promise<SystemFacts>;
}

export interface DevicesFound {
  devices: readonly CaptureDevice[];
  /** What kept it from looking. */
  troubles: readonly Pick<Finding, 'detail' | 'remedy'>[];
}

export interface Settings {
  config: Config;
  /** Null for what is plugged in. */
  cameras: readonly CameraPlan[] | null;
  ice: IcePlan;
}

export type MachineFacts = Machine & {
  missing: readonly NeededElement[];
  decoders: readonly TriedDecoder[];
  /** The version of the ICE library; null where it is not installed. */
  libnice: string | null;
  /** Why GStreamer could not be loaded; null where it could. */
  error: string | null;
};
