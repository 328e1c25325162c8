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
  /** As it is; undefined for a camera that is new. */
  now: ConfiguredCamera | undefined;
  /** The file from whose folder relative paths count. */
  file: string;
  /** Whether it may be given a source that it has not. */
  maySet(source: Source): boolean;
  /** Whether viewers are sent its source's own stream at this moment. */
  isPassthrough(): boolean;
}

/** A password as `redact` shows it. */
const HIDDEN = /:\*\*\*@|[?&](?:pass\w*|pwd|token)=\*\*\*/i;

/**
 * Looks whether somebody may have a camera so over HTTP.
 * @returns the settings, with the source in full where it came as it is shown
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
  const source = asItIs(requested.source, now);
  const settings = source === undefined ? requested : { ...requested, source };
  const isNew = typeof source === 'string' && source !== now?.settings.source;
  if (isNew) refuseSource(source);
  const plan = planned(id, settings, dirname(file));
  if (isNew && !maySet(plan.source))
    throw new Failure(
      'forbidden',
      `The token is "admin" of some cameras only, and may not give camera "${id}" the source ${JSON.stringify(showSource(plan.source).slice(0, 100))}.`,
      { remedy: 'Have an admin of all cameras do it, or list the source in access.sources of the configuration.' },
    );
  if (now && isIgnored(now.plan, plan) && isPassthrough())
    throw new Failure(
      'passthrough',
      `Camera "${id}" is sent on as its source brings it, so its bitrate and keyframeInterval are the source's own.`,
      { remedy: 'Change them in the camera itself, or set "passthrough" to "never" with it, which encodes it anew.' },
    );
  return settings;
}

/** A source that came back as this server shows it means the one that there is: its password was hidden. */
function asItIs(source: unknown, now: ConfiguredCamera | undefined): CameraSettings['source'] | undefined {
  if (typeof source !== 'string') return undefined;
  return now && source === redact(showSource(now.plan.source)) ? now.settings.source : source;
}

function refuseSource(source: string): void {
  if (/^gst:/i.test(source))
    throw new Failure('invalid-body', 'source is a launch line, which may run anything: it is not taken over HTTP.', {
      remedy: 'Write it into the configuration file, from which the server takes it at once.',
    });
  if (HIDDEN.test(source))
    throw new Failure('invalid-body', `source is ${JSON.stringify(source.slice(0, 100))}; its password is hidden.`, {
      remedy: 'Send the source with its password, or exactly as it is shown to leave it as it is.',
    });
}

function planned(id: string, settings: CameraSettings, base: string): CameraPlan {
  try {
    const [plan] = planCameras({ [id]: settings }, base);
    return plan as CameraPlan;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Failure('invalid-body', `${inWords(error.findings, id)}.`);
  }
}

/** Findings about one camera, named as in a request for it. */
function inWords(findings: ConfigError['findings'], id: string): string {
  return redact(
    findings.map(({ path, message }) => `${path.slice(2).join('.') || `camera "${id}"`} ${message}`).join('; '),
  );
}

/** Whether a change is of what has no effect on a stream that is passed on, and leaves that so. */
function isIgnored(before: CameraPlan, after: CameraPlan): boolean {
  const { bitrate, keyframeInterval } = before.settings;
  return (
    (after.settings.bitrate !== bitrate || after.settings.keyframeInterval !== keyframeInterval) &&
    after.settings.passthrough !== 'never' &&
    after.settings.overlay === 'none' &&
    isDeepStrictEqual(after.source, before.source)
  );
}
