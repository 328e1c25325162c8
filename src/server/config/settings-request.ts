import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { CameraPlan } from '../../domain/camera-plan.js';
import type { CameraSettings } from '../../domain/contract.js';
import { Failure } from '../../domain/failure.js';
import { redact, type Source, showSource } from '../../domain/source.js';
import { ConfigError } from './config-error.js';
import type { ConfiguredCamera } from './load.js';
import { planCameras } from './plan.js';

export interface SettingsRequest {
  id: string;
  requested: CameraSettings;
  /** The current camera; undefined for a new one. */
  now: ConfiguredCamera | undefined;
  /** Relative paths are resolved against the folder of this file. */
  file: string;
  /** Whether the client may set a source that the camera does not have yet. */
  maySet(source: Source): boolean;
  /** Whether viewers are currently sent the source's own stream. */
  isPassthrough(): boolean;
}

/** A password as `redact` shows it. */
const HIDDEN = /:\*\*\*@|[?&](?:pass\w*|pwd|token)=\*\*\*/i;

/**
 * Checks settings that are requested over HTTP.
 * @returns the settings, with the hidden password of an unchanged source restored
 * @throws Failure forbidden, invalid-body, passthrough
 */
export function requestedSettings({
  id,
  requested,
  now,
  file,
  maySet,
  isPassthrough,
}: SettingsRequest): CameraSettings {
  const source = restorePassword(requested.source, now);
  const settings = source === undefined ? requested : { ...requested, source };
  const isNew = typeof source === 'string' && source !== now?.settings.source;
  if (isNew) rejectSource(source);
  const plan = planCamera(id, settings, dirname(file));
  if (isNew && !maySet(plan.source))
    throw new Failure(
      'forbidden',
      `The token is "admin" for some cameras only, and may not give camera "${id}" the source ${JSON.stringify(showSource(plan.source).slice(0, 100))}.`,
      { remedy: 'Ask an admin of all cameras, or list the source in access.sources of the configuration.' },
    );
  if (now && isIgnored(now.plan, plan) && isPassthrough())
    throw new Failure(
      'passthrough',
      `Camera "${id}" passes its source's stream through, so its bitrate and keyframeInterval are the source's own.`,
      { remedy: 'Change them in the camera itself, or set "passthrough" to "never" as well, which re-encodes it.' },
    );
  return settings;
}

/** A source as this server shows it, with its password hidden, stands for the current source. */
function restorePassword(source: unknown, now: ConfiguredCamera | undefined): CameraSettings['source'] | undefined {
  if (typeof source !== 'string') return undefined;
  return now && source === redact(showSource(now.plan.source)) ? now.settings.source : source;
}

function rejectSource(source: string): void {
  if (/^gst:/i.test(source))
    throw new Failure(
      'invalid-body',
      'source is a launch line, which can run anything: it is not accepted over HTTP.',
      {
        remedy: 'Write it into the configuration file, where it takes effect at once.',
      },
    );
  if (HIDDEN.test(source))
    throw new Failure('invalid-body', `source is ${JSON.stringify(source.slice(0, 100))}; its password is hidden.`, {
      remedy: 'Send the source with its password, or exactly as shown to keep it.',
    });
}

function planCamera(id: string, settings: CameraSettings, base: string): CameraPlan {
  try {
    const [plan] = planCameras({ [id]: settings }, base);
    return plan as CameraPlan;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Failure('invalid-body', `${describe(error.findings, id)}.`);
  }
}

/** Findings about one camera, with keys as in a request for it. */
function describe(findings: ConfigError['findings'], id: string): string {
  return redact(
    findings.map(({ path, message }) => `${path.slice(2).join('.') || `camera "${id}"`} ${message}`).join('; '),
  );
}

/** Whether a change affects only settings that passthrough ignores, and keeps the passthrough. */
function isIgnored(before: CameraPlan, after: CameraPlan): boolean {
  const { bitrate, keyframeInterval } = before.settings;
  return (
    (after.settings.bitrate !== bitrate || after.settings.keyframeInterval !== keyframeInterval) &&
    after.settings.passthrough !== 'never' &&
    after.settings.overlay === 'none' &&
    isDeepStrictEqual(after.source, before.source)
  );
}
