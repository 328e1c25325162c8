import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Check, Finding } from './check.js';

const OTHERS_READ = 0o004;

export const checkConfig: Check = async ({ configFile, settings, mistakes }) => {
  if (!settings)
    return mistakes.map(detail => ({
      status: 'fail',
      check: 'config',
      detail: detail.replace(/\.$/, ''),
      remedy: 'Correct it; what depends on it was not checked.',
    }));
  if (configFile === null) return [{ status: 'ok', check: 'config', detail: 'no file given: the defaults apply' }];
  const cameras = settings.cameras === null ? 'what is plugged in' : `cameras: ${settings.cameras.length}`;
  return [
    { status: 'ok', check: 'config', detail: `${configFile} (${cameras})` },
    ...openSecrets(
      configFile,
      settings.config.ice.servers.flatMap(({ secret, secretFile, credential, credentialFile }) => [
        ...(secret === undefined && credential === undefined ? [] : [configFile]),
        ...(secretFile === undefined ? [] : [secretFile]),
        ...(credentialFile === undefined ? [] : [credentialFile]),
      ]),
    ),
  ];
};

function openSecrets(configFile: string, files: readonly string[]): Finding[] {
  return [...new Set(files.map(file => resolve(dirname(configFile), file)))].flatMap(file => {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & OTHERS_READ) === 0) return [];
    return [
      {
        status: 'warn',
        check: 'config',
        detail: `${file} contains a secret, and every user of this machine can read it`,
        remedy: `chmod o= '${file}'`,
      },
    ];
  });
}
