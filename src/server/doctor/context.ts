import { dirname } from 'node:path';
import { CommandError } from '../../domain/command-error.js';
import type { Log } from '../../domain/log.js';
import { planIce } from '../config/ice.js';
import { defaultConfig, loadConfig } from '../config/load.js';
import { planCameras } from '../config/plan.js';
import { findDevices } from '../devices/device-watch.js';
import { Prober } from '../media/prober.js';
import type { Context, DevicesFound, Finding, MachineFacts, Settings } from './check.js';
import { readFacts, type SystemFacts } from './facts.js';

/** @param configFile null for the defaults */
export function makeContext(configFile: string | null): Context {
  let probed: Promise<MachineFacts> | null = null;
  let facts: Promise<SystemFacts> | null = null;
  const rest: Pick<Context, 'machine' | 'facts' | 'devices'> = {
    machine: () => {
      probed ??= probe();
      return probed;
    },
    devices: inspectDevices,
    facts: () => {
      facts ??= readFacts();
      return facts;
    },
  };
  try {
    return { configFile, settings: readSettings(configFile), mistakes: [], ...rest };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { configFile, settings: null, mistakes: error.message.split('\n'), ...rest };
  }
}

function readSettings(file: string | null): Settings {
  const config = file === null ? defaultConfig() : loadConfig(file);
  const base = dirname(file ?? '/');
  return { config, cameras: config.cameras ? planCameras(config.cameras, base) : null, ice: planIce(config.ice, base) };
}

const nothing = (): void => undefined;

async function inspectDevices(): Promise<DevicesFound> {
  const problems: Pick<Finding, 'detail' | 'remedy'>[] = [];
  const log = (fields: object, event: string): void => {
    problems.push({ detail: event, ...('remedy' in fields ? { remedy: `${String(fields.remedy)}.` } : {}) });
  };
  const devices = await findDevices({ debug: nothing, info: nothing, warn: log, error: log });
  return { devices, problems };
}

async function probe(): Promise<MachineFacts> {
  let error: string | null = null;
  const log: Log = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (fields, event) => {
      if ('reason' in fields) error = `${event}: ${String(fields.reason)}`;
    },
  };
  const prober = new Prober(log, { decoders: true });
  await prober.encoders;
  const machine = prober.machine();
  return {
    ...machine,
    missing: prober.missing(),
    decoders: prober.decoders(),
    libnice: prober.libnice(),
    error: machine.gstreamer === null ? error : null,
  };
}
