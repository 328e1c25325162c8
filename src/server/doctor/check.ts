import type { CameraPlan } from '../../domain/camera-plan.js';
import type { Config } from '../../domain/contract.js';
import type { CaptureDevice } from '../../domain/devices.js';
import type { IcePlan } from '../../domain/ice.js';
import type { Machine } from '../../domain/media-engine.js';
import type { NeededElement } from '../../messages/camera-worker.js';
import type { TriedDecoder } from '../media/prober.js';
import type { SystemFacts } from './facts.js';

/** A result of a check: `warn` works but could be better, `fail` does not work. */
export interface Finding {
  status: 'ok' | 'warn' | 'fail';
  /** What was checked, in one word. */
  check: string;
  /** The result, without a full stop. */
  detail: string;
  /** What to do about it, as a sentence; none when all is well. */
  remedy?: string;
}

/** One check; without findings where it does not apply. It throws nothing. */
export type Check = (context: Context) => Promise<Finding[]>;

/** Related findings under a heading. */
export interface Group {
  title: string;
  findings: readonly Finding[];
}

/** What the checks examine. */
export interface Context {
  configFile: string | null;
  /** The configuration; null when it is invalid: then `mistakes` says why, one per line. */
  settings: Settings | null;
  mistakes: readonly string[];
  /** The probe's findings about GStreamer, from a separate process; it runs once, when first needed. */
  machine(): Promise<MachineFacts>;
  /** The V4L2 cameras that are plugged in. */
  devices(): Promise<DevicesFound>;
  /** What files and commands say; read once, when first needed. */
  facts(): Promise<SystemFacts>;
}

export interface DevicesFound {
  devices: readonly CaptureDevice[];
  /** What prevented the scan. */
  problems: readonly Pick<Finding, 'detail' | 'remedy'>[];
}

export interface Settings {
  config: Config;
  /** Null to serve plugged-in cameras. */
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
