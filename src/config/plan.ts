import { CommandError, EXIT } from '../cli/command-error.js';
import type { CameraSettings } from '../domain/contract.js';
import type { CameraPlan } from '../domain/ports.js';
import { parseSource, redact, SourceError } from '../domain/source.js';
import { checkConfig } from './schema.js';

/**
 * Makes cameras that can be run of configured ones: defaults are filled in, sources read.
 * @param base the folder from which relative paths count
 * @throws CommandError
 */
export function planCameras(cameras: Readonly<Record<string, CameraSettings>>, base: string): CameraPlan[] {
  const config = { cameras: structuredClone(cameras) };
  const [finding] = checkConfig(config);
  if (finding) throw new CommandError(EXIT.config, redact(`${finding.path.join('.')} ${finding.message}`));
  return Object.entries(config.cameras).map(([id, { source, name, ...settings }]) => ({
    id,
    name: name ?? id,
    source: readSource(id, source, base),
    // The schema has a default for each of these, which the check has filled in.
    settings: settings as CameraPlan['settings'],
  }));
}

function readSource(id: string, source: string, base: string): CameraPlan['source'] {
  try {
    return parseSource(source, base);
  } catch (error) {
    if (error instanceof SourceError) throw new CommandError(EXIT.config, `camera "${id}": ${error.message}`);
    throw error;
  }
}
