import type { Config } from '../domain/contract.js';

/** The keys that hold from the start of the server to its end; all others hold when they are changed. */
const FIXED: readonly (readonly [section: 'server', key: keyof Config['server']])[] = [
  ['server', 'host'],
  ['server', 'port'],
];

/** Which keys have changed that need the server to be started anew, as in `server.port`. */
export function restartNeeded(before: Config, after: Config): string[] {
  return FIXED.filter(([section, key]) => before[section][key] !== after[section][key]).map(keys => keys.join('.'));
}
