import type { CameraPlan } from '../../domain/camera-plan.js';
import type { CameraSettings } from '../../domain/contract.js';
import { parseSource, SourceError } from '../../domain/source.js';
import { ConfigError } from './config-error.js';
import { checkConfig } from './schema.js';

const NO_OVERLAY =
  'must be "none" where the source is "whip": a published stream is passed through, without raw video to draw on';

/**
 * Makes camera plans from the configuration: fills in defaults and parses sources.
 * @param base the folder that relative paths are resolved against
 * @param order of the ids, if it differs from the object's
 * @throws ConfigError
 */
export function planCameras(
  cameras: Readonly<Record<string, CameraSettings>>,
  base: string,
  order: readonly string[] = Object.keys(cameras),
): CameraPlan[] {
  const config = { cameras: structuredClone(cameras) };
  const findings = checkConfig(config);
  if (findings.length > 0) throw new ConfigError(findings);
  const wrong: ConfigError['findings'][number][] = [];
  const plans = order.flatMap((id): CameraPlan[] => {
    const { source, name, ...settings } = config.cameras[id] as CameraSettings;
    try {
      // The schema has a default for each of these, which checkConfig has filled in.
      const filled = settings as CameraPlan['settings'];
      const plan = { id, name: name ?? id, source: parseSource(source, base), settings: filled };
      if (plan.source.type === 'whip' && filled.overlay !== 'none')
        wrong.push({ path: ['cameras', id, 'overlay'], message: NO_OVERLAY });
      return [plan];
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      wrong.push({ path: ['cameras', id, 'source'], message: `cannot be used: ${error.message}` });
      return [];
    }
  });
  if (wrong.length > 0) throw new ConfigError(wrong);
  return plans;
}

/** An ephemeral camera, received by another process: with the defaults of all settings. */
export function planForwarded({ id, name }: { id: string; name: string }, by: string): CameraPlan {
  const [plan] = planCameras({ [id]: { source: 'test', name } as CameraSettings }, '/');
  if (!plan) throw new Error(`no plan for camera "${id}"`);
  return { ...plan, source: { type: 'forwarded', by } };
}
